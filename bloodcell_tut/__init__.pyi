from .archives import MAX_FILES as MAX_FILES
from .archives import MAX_FILE_BYTES as MAX_FILE_BYTES
from .archives import MAX_RATIO as MAX_RATIO
from .archives import MAX_TOTAL_BYTES as MAX_TOTAL_BYTES
from .archives import extract_archive as extract_archive
from .audit_report import audit_json as audit_json
from .audit_report import audit_page as audit_page
from .audit_report import audit_text as audit_text
from .auditing import Audit as Audit
from .auditing import Finding as Finding
from .auditing import KINDS as KINDS
from .auditing import Row as Row
from .auditing import audit as audit
from .auditing import effective_number as effective_number
from .cli import app as app
from .dataset import ImageDataset as ImageDataset
from .dataset import choose_dataset as choose_dataset
from .dataset import plot_class_counts as plot_class_counts
from .drawn import drawn_cells as drawn_cells
from .drawn import drawn_cells_help as drawn_cells_help
from .environment import peak_memory_mb as peak_memory_mb
from .environment import versions as versions
from .errata import DEFECTS as DEFECTS
from .errata import Defect as Defect
from .errata import defect_table as defect_table
from .errors import ArchiveError as ArchiveError
from .errors import ArgumentError as ArgumentError
from .errors import BloodcellError as BloodcellError
from .errors import DatasetError as DatasetError
from .errors import ImageError as ImageError
from .errors import ModelError as ModelError
from .evaluation import Evaluation as Evaluation
from .evaluation import compare_models as compare_models
from .evaluation import evaluate as evaluate
from .evaluation import plot_confusion as plot_confusion
from .evaluation import plot_mistakes as plot_mistakes
from .evaluation import worst_mistakes as worst_mistakes
from .experiments import Classifier as Classifier
from .experiments import Learner as Learner
from .experiments import article_network as article_network
from .experiments import cross_validated as cross_validated
from .experiments import decision_tree as decision_tree
from .experiments import majority as majority
from .experiments import nearest_colors as nearest_colors
from .experiments import random_forest as random_forest
from .experiments import small_network as small_network
from .experiments import small_network_asked_once as small_network_asked_once
from .experiments import small_network_with_drawn as small_network_with_drawn
from .explain import class_activation_maps as class_activation_maps
from .explain import feature_maps as feature_maps
from .explain import map_on_photograph as map_on_photograph
from .explain import occlusion_maps as occlusion_maps
from .explain import plot_explanation as plot_explanation
from .explain import plot_feature_maps as plot_feature_maps
from .explain import plot_filters as plot_filters
from .explain import plot_map as plot_map
from .explain import scramble as scramble
from .explain import weight_inside as weight_inside
from .features import features_and_labels as features_and_labels
from .files import IMAGE_SUFFIXES as IMAGE_SUFFIXES
from .files import cache_folder as cache_folder
from .files import new_folder as new_folder
from .files import write_atomically as write_atomically
from .image_file import MAX_PIXELS as MAX_PIXELS
from .image_file import image_bytes as image_bytes
from .image_file import unreadable_image as unreadable_image
from .images import Box as Box
from .images import CROP_SHARE as CROP_SHARE
from .images import crop_square as crop_square
from .images import crop_white_cell as crop_white_cell
from .images import cutting_helps as cutting_helps
from .images import find_white_cell as find_white_cell
from .images import plot_box as plot_box
from .images import prepare_image as prepare_image
from .images import read_image as read_image
from .images import resize_image as resize_image
from .interactive import drop_zone as drop_zone
from .interactive import explore as explore
from .intervals import Comparison as Comparison
from .intervals import accuracy_interval as accuracy_interval
from .intervals import balanced_accuracy_interval as balanced_accuracy_interval
from .intervals import compare_in_pairs as compare_in_pairs
from .known_table import known_photographs as known_photographs
from .lab import LESSONS_RECORD as LESSONS_RECORD
from .lab import START_PAGE as START_PAGE
from .lab import copy_lessons as copy_lessons
from .lab import learners_copy as learners_copy
from .lab import lessons_folder as lessons_folder
from .lab import open_lab as open_lab
from .lab import require_lab as require_lab
from .layout import PARTS as PARTS
from .layout import find_class_folders as find_class_folders
from .layout import images_by_class as images_by_class
from .measures import MEASURES as MEASURES
from .measures import measure_cell as measure_cell
from .missing_names import bound_names as bound_names
from .missing_names import help_with_missing_names as help_with_missing_names
from .missing_names import where_defined as where_defined
from .model import article_cnn as article_cnn
from .model import default_epochs as default_epochs
from .model import plot_history as plot_history
from .model import predict_probabilities as predict_probabilities
from .model import sampling_weights as sampling_weights
from .model import small_cnn as small_cnn
from .model import train as train
from .model_file import SavedModel as SavedModel
from .model_file import load_model as load_model
from .model_file import save_model as save_model
from .normalization import PIXEL_MAX as PIXEL_MAX
from .normalization import normalize as normalize
from .normalization import one_hot as one_hot
from .novelty import FALSE_ALARMS as FALSE_ALARMS
from .novelty import NoveltyDetector as NoveltyDetector
from .novelty import fit_novelty_detector as fit_novelty_detector
from .own_images import CellFinding as CellFinding
from .own_images import field_width as field_width
from .own_images import find_white_cells as find_white_cells
from .own_images import findings_png as findings_png
from .own_images import plot_findings as plot_findings
from .own_images import predict_photograph as predict_photograph
from .own_images import upload_photographs as upload_photographs
from .photograph_table import match_photographs as match_photographs
from .photograph_table import photograph_ids as photograph_ids
from .photograph_table import photographs_and_groups as photographs_and_groups
from .photograph_table import read_photograph_table as read_photograph_table
from .photographs import OriginalMatches as OriginalMatches
from .photographs import PhotographGroups as PhotographGroups
from .photographs import find_photographs as find_photographs
from .photographs import match_originals as match_originals
from .plots import CLASS_COLORS as CLASS_COLORS
from .plots import LESSON_STYLE as LESSON_STYLE
from .plots import STEPS as STEPS
from .plots import class_color as class_color
from .plots import nine_steps as nine_steps
from .plots import show as show
from .plots import show_images as show_images
from .progress import PROGRESS as PROGRESS
from .progress import class_table as class_table
from .progress import exercise_names as exercise_names
from .progress import progress_text as progress_text
from .progress import read_progress as read_progress
from .progress import record_solved as record_solved
from .progress import write_start_page as write_start_page
from .quiet import quiet_loading as quiet_loading
from .quiet import quiet_tensorflow as quiet_tensorflow
from .report import plot_learning_curves as plot_learning_curves
from .report import write_report as write_report
from .run import CHECKPOINT as CHECKPOINT
from .run import IMAGE_SIZES as IMAGE_SIZES
from .run import RunSettings as RunSettings
from .run import run_steps as run_steps
from .sample import Augmented as Augmented
from .sample import SAMPLE_COLUMNS as SAMPLE_COLUMNS
from .sample import augment as augment
from .sample import draw_sample as draw_sample
from .shuffling import shuffle as shuffle
from .smear import FIELD_HEIGHT as FIELD_HEIGHT
from .smear import FIELD_WIDTH as FIELD_WIDTH
from .smear import Photograph as Photograph
from .smear import Window as Window
from .smear import draw_photograph as draw_photograph
from .sources import locate_source as locate_source
from .split import Split as Split
from .split import cross_validate_by_photograph as cross_validate_by_photograph
from .split import split_by_image as split_by_image
from .split import split_by_photograph as split_by_photograph
from .training_data import Level as Level
from .training_data import TrainingData as TrainingData
from .training_data import create_training_data as create_training_data

__version__: str
__all__ = [
    "ArchiveError",
    "ArgumentError",
    "Audit",
    "Augmented",
    "BloodcellError",
    "Box",
    "CHECKPOINT",
    "CLASS_COLORS",
    "CROP_SHARE",
    "CellFinding",
    "Classifier",
    "Comparison",
    "DEFECTS",
    "DatasetError",
    "Defect",
    "Evaluation",
    "FALSE_ALARMS",
    "FIELD_HEIGHT",
    "FIELD_WIDTH",
    "Finding",
    "IMAGE_SIZES",
    "IMAGE_SUFFIXES",
    "ImageDataset",
    "ImageError",
    "KINDS",
    "LESSONS_RECORD",
    "LESSON_STYLE",
    "Learner",
    "Level",
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "MAX_RATIO",
    "MAX_TOTAL_BYTES",
    "MEASURES",
    "ModelError",
    "NoveltyDetector",
    "OriginalMatches",
    "PARTS",
    "PIXEL_MAX",
    "PROGRESS",
    "Photograph",
    "PhotographGroups",
    "Row",
    "RunSettings",
    "SAMPLE_COLUMNS",
    "START_PAGE",
    "STEPS",
    "SavedModel",
    "Split",
    "TrainingData",
    "Window",
    "accuracy_interval",
    "app",
    "article_cnn",
    "article_network",
    "audit",
    "audit_json",
    "audit_page",
    "audit_text",
    "augment",
    "balanced_accuracy_interval",
    "bound_names",
    "cache_folder",
    "choose_dataset",
    "class_activation_maps",
    "class_color",
    "class_table",
    "compare_in_pairs",
    "compare_models",
    "copy_lessons",
    "create_training_data",
    "crop_square",
    "crop_white_cell",
    "cross_validate_by_photograph",
    "cross_validated",
    "cutting_helps",
    "decision_tree",
    "default_epochs",
    "defect_table",
    "draw_photograph",
    "draw_sample",
    "drawn_cells",
    "drawn_cells_help",
    "drop_zone",
    "effective_number",
    "evaluate",
    "exercise_names",
    "explore",
    "extract_archive",
    "feature_maps",
    "features_and_labels",
    "field_width",
    "find_class_folders",
    "find_photographs",
    "find_white_cell",
    "find_white_cells",
    "findings_png",
    "fit_novelty_detector",
    "help_with_missing_names",
    "image_bytes",
    "images_by_class",
    "known_photographs",
    "learners_copy",
    "lessons_folder",
    "load_model",
    "locate_source",
    "majority",
    "map_on_photograph",
    "match_originals",
    "match_photographs",
    "measure_cell",
    "nearest_colors",
    "new_folder",
    "nine_steps",
    "normalize",
    "occlusion_maps",
    "one_hot",
    "open_lab",
    "peak_memory_mb",
    "photograph_ids",
    "photographs_and_groups",
    "plot_box",
    "plot_class_counts",
    "plot_confusion",
    "plot_explanation",
    "plot_feature_maps",
    "plot_filters",
    "plot_findings",
    "plot_history",
    "plot_learning_curves",
    "plot_map",
    "plot_mistakes",
    "predict_photograph",
    "predict_probabilities",
    "prepare_image",
    "progress_text",
    "quiet_loading",
    "quiet_tensorflow",
    "random_forest",
    "read_image",
    "read_photograph_table",
    "read_progress",
    "record_solved",
    "require_lab",
    "resize_image",
    "run_steps",
    "sampling_weights",
    "save_model",
    "scramble",
    "show",
    "show_images",
    "shuffle",
    "small_cnn",
    "small_network",
    "small_network_asked_once",
    "small_network_with_drawn",
    "split_by_image",
    "split_by_photograph",
    "train",
    "unreadable_image",
    "upload_photographs",
    "versions",
    "weight_inside",
    "where_defined",
    "worst_mistakes",
    "write_atomically",
    "write_report",
    "write_start_page",
]
