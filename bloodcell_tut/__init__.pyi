from . import auditing as auditing
from . import baselines as baselines
from . import cli as cli
from . import dataset as dataset
from . import drawing as drawing
from . import errors as errors
from . import evaluation as evaluation
from . import exercises as exercises
from . import features as features
from . import files as files
from . import finder as finder
from . import images as images
from . import inference as inference
from . import intervals as intervals
from . import lab as lab
from . import model as model
from . import normalization as normalization
from . import pages as pages
from . import photographs as photographs
from . import plots as plots
from . import runs as runs
from . import shuffling as shuffling
from . import sources as sources
from . import split as split
from . import stain as stain
from . import standardization as standardization
from . import training as training
from . import training_data as training_data
from .errors import ArchiveError as ArchiveError
from .errors import ArgumentError as ArgumentError
from .auditing.findings import Audit as Audit
from .errors import BackendError as BackendError
from .errors import BloodcellError as BloodcellError
from .finder import Box as Box
from .inference.own_images import CellFinding as CellFinding
from .errors import DatasetError as DatasetError
from .evaluation import Evaluation as Evaluation
from .dataset import ImageDataset as ImageDataset
from .errors import ImageError as ImageError
from .errors import ModelError as ModelError
from .runs.settings import RunSettings as RunSettings
from .inference.model_file import SavedModel as SavedModel
from .split import Split as Split
from .training_data import TrainingData as TrainingData
from .intervals import accuracy_interval as accuracy_interval
from .model import article_cnn as article_cnn
from .auditing.findings import audit as audit
from .dataset import choose_dataset as choose_dataset
from .inference.explain import class_activation_maps as class_activation_maps
from .evaluation import compare_models as compare_models
from .training_data import create_training_data as create_training_data
from .images import crop_white_cell as crop_white_cell
from .split import cross_validate_by_photograph as cross_validate_by_photograph
from .drawing.smear import draw_photograph as draw_photograph
from .drawing.sample import draw_sample as draw_sample
from .evaluation import evaluate as evaluate
from .inference.feature_visualization import feature_maps as feature_maps
from .features import features_and_labels as features_and_labels
from .photographs.find import find_photographs as find_photographs
from .finder import find_white_cell as find_white_cell
from .finder import find_white_cells as find_white_cells
from .inference.model_file import load_model as load_model
from .normalization import normalize as normalize
from .normalization import one_hot as one_hot
from .images import plot_box as plot_box
from .dataset import plot_class_counts as plot_class_counts
from .evaluation import plot_confusion as plot_confusion
from .inference.explain import plot_explanation as plot_explanation
from .inference.feature_visualization import plot_feature_maps as plot_feature_maps
from .inference.own_images import plot_findings as plot_findings
from .model import plot_history as plot_history
from .evaluation import plot_mistakes as plot_mistakes
from .inference.own_images import predict_photograph as predict_photograph
from .inference.predict import predict_probabilities as predict_probabilities
from .images import prepare_image as prepare_image
from .images import read_image as read_image
from .images import resize_image as resize_image
from .runs.run import run_steps as run_steps
from .inference.model_file import save_model as save_model
from .plots import show_images as show_images
from .shuffling import shuffle as shuffle
from .model import small_cnn as small_cnn
from .split import split_by_image as split_by_image
from .split import split_by_photograph as split_by_photograph
from .model import train as train

__all__ = [
    "ArchiveError",
    "ArgumentError",
    "Audit",
    "BackendError",
    "BloodcellError",
    "Box",
    "CellFinding",
    "DatasetError",
    "Evaluation",
    "ImageDataset",
    "ImageError",
    "ModelError",
    "RunSettings",
    "SavedModel",
    "Split",
    "TrainingData",
    "accuracy_interval",
    "article_cnn",
    "audit",
    "choose_dataset",
    "class_activation_maps",
    "compare_models",
    "create_training_data",
    "crop_white_cell",
    "cross_validate_by_photograph",
    "draw_photograph",
    "draw_sample",
    "evaluate",
    "feature_maps",
    "features_and_labels",
    "find_photographs",
    "find_white_cell",
    "find_white_cells",
    "load_model",
    "normalize",
    "one_hot",
    "plot_box",
    "plot_class_counts",
    "plot_confusion",
    "plot_explanation",
    "plot_feature_maps",
    "plot_findings",
    "plot_history",
    "plot_mistakes",
    "predict_photograph",
    "predict_probabilities",
    "prepare_image",
    "read_image",
    "resize_image",
    "run_steps",
    "save_model",
    "show_images",
    "shuffle",
    "small_cnn",
    "split_by_image",
    "split_by_photograph",
    "train",
]
__version__: str
