"""From a video file to feature sequences: exact time base, pictures, extractors, stores."""
