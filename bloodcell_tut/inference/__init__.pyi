from . import answers as answers
from . import explain as explain
from . import feature_visualization as feature_visualization
from . import keras_file as keras_file
from . import model_file as model_file
from . import network_file as network_file
from . import network_layers as network_layers
from . import out_of_distribution as out_of_distribution
from . import own_images as own_images
from . import predict as predict
from . import saliency_checks as saliency_checks
from .own_images import CellFinding as CellFinding
from .out_of_distribution import ENOUGH_PHOTOGRAPHS as ENOUGH_PHOTOGRAPHS
from .explain import Explanation as Explanation
from .out_of_distribution import FALSE_ALARMS as FALSE_ALARMS
from .out_of_distribution import OutOfDistributionDetector as OutOfDistributionDetector
from .predict import PIXEL_RANGES as PIXEL_RANGES
from .predict import Preprocess as Preprocess
from .model_file import SavedModel as SavedModel
from .explain import class_activation_maps as class_activation_maps
from .explain import explain_photograph as explain_photograph
from .feature_visualization import feature_maps as feature_maps
from .own_images import findings_png as findings_png
from .out_of_distribution import fit_least_probability as fit_least_probability
from .out_of_distribution import fit_out_of_distribution_detector as fit_out_of_distribution_detector
from .predict import from_pixels as from_pixels
from .keras_file import load_keras_model as load_keras_model
from .model_file import load_model as load_model
from .explain import map_on_photograph as map_on_photograph
from .saliency_checks import occlusion_maps as occlusion_maps
from .explain import plot_explanation as plot_explanation
from .feature_visualization import plot_feature_maps as plot_feature_maps
from .feature_visualization import plot_filters as plot_filters
from .own_images import plot_findings as plot_findings
from .explain import plot_map as plot_map
from .own_images import predict_photograph as predict_photograph
from .predict import predict_probabilities as predict_probabilities
from .saliency_checks import randomize_weights as randomize_weights
from .model_file import save_model as save_model
from .saliency_checks import weight_inside as weight_inside

__all__ = [
    "CellFinding",
    "ENOUGH_PHOTOGRAPHS",
    "Explanation",
    "FALSE_ALARMS",
    "OutOfDistributionDetector",
    "PIXEL_RANGES",
    "Preprocess",
    "SavedModel",
    "class_activation_maps",
    "explain_photograph",
    "feature_maps",
    "findings_png",
    "fit_least_probability",
    "fit_out_of_distribution_detector",
    "from_pixels",
    "load_keras_model",
    "load_model",
    "map_on_photograph",
    "occlusion_maps",
    "plot_explanation",
    "plot_feature_maps",
    "plot_filters",
    "plot_findings",
    "plot_map",
    "predict_photograph",
    "predict_probabilities",
    "randomize_weights",
    "save_model",
    "weight_inside",
]
