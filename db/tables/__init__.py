"""The tables. Rows stay inside ``db``: stores turn them into domain types and records."""

from db.tables.base import Base
from db.tables.labels import (
    Activity,
    Ambiguous,
    Annotation,
    Coverage,
    EditEvent,
    LayerNote,
    ProposalDecision,
    VideoLabel,
)
from db.tables.projects import ActionClass, Annotator, ClassChange, Project, Setting
from db.tables.runs import Evaluation, Job, MethodRow, Prediction, ProposalRow, Run, RunLog
from db.tables.videos import Features, ImportProblem, SplitAssignment, Video, VideoFrames

__all__ = [
    "ActionClass",
    "Activity",
    "Ambiguous",
    "Annotation",
    "Annotator",
    "Base",
    "ClassChange",
    "Coverage",
    "EditEvent",
    "Evaluation",
    "Features",
    "ImportProblem",
    "Job",
    "LayerNote",
    "MethodRow",
    "Prediction",
    "Project",
    "ProposalDecision",
    "ProposalRow",
    "Run",
    "RunLog",
    "Setting",
    "SplitAssignment",
    "Video",
    "VideoFrames",
    "VideoLabel",
]
