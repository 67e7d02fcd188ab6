"""The papers' tables from the field's public features: rows, protocols and published numbers are data here.

``published`` says what a row is, ``thumos14`` and ``activitynet`` list them, ``benchmarks`` says whether a data set is
the benchmark, ``running`` trains and keeps a row, ``tables`` writes ours beside theirs.
"""
