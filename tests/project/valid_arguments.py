"""What each public function takes: for every argument its kind; `?` where None will do."""

# errors take any words, a type is no function, and what the package fills in and hands out is
# made by nobody else; the functions that are given it look at it. With the last six the checks of
# exercises are written; they judge answers, whatever these are
NOT_CALLED_BY_READERS = {
    "ArchiveError", "ArgumentError", "BackendError", "BloodcellError", "DatasetError", "ImageError",
    "ModelError", "Classifier", "Color", "Learner", "Level", "Range", "Row", "Window",
    "Audit", "Augmented", "CropEvidence", "CellFinding", "CellKind", "ClassScores", "Comparison",
    "DataFacts", "Defect", "DoubtfulLabel", "Explanation", "Finding", "Fold", "LabelTable",
    "OriginalMatches",
    "Photograph", "PhotographGroups", "Remark", "Reply", "Report", "SavedModel", "Scene",
    "SceneCell", "Scores",
    "StandardCell", "Symmetry",
    "SkippedFile", "Step", "WhiteCell", "Wrong", "app",
    "Exercise", "ask", "compare", "describe", "exercise", "wrong_if",
}  # fmt: skip

ARGUMENTS = {
    # step 1
    "ImageDataset": "paths:paths labels:labels class_names:class_names photographs:photographs? "
    "source:text",
    "choose_dataset": "source:source part:part photographs:table? labels:label_table? "
    "group_column:text? seed:seed",
    "plot_class_counts": "dataset:dataset ax:axes?",
    "locate_source": "source:source seed:seed",
    # step 2
    "read_image": "path:image_file reduced:flag",
    "resize_image": "image:image size:count",
    "plot_box": "image:image box:box? ax:axes?",
    "crop_square": "image:image",
    "crop_white_cell": "image:image size:count",
    "prepare_image": "image:image size:count crop:flag",
    "crop_evidence": "paths:files labels:labels_of_files?",
    "should_crop": "paths:files labels:labels_of_files?",
    "find_white_cell": "image:image",
    "find_white_cells": "image:image",
    "field_width": "image:image",
    "ground_color": "image:image",
    "standard_cell": "image:image size:size box:box?",
    "cells_in_field": "image:image field:number",
    "Box": "x:real y:real width:positive height:positive confidence:real",
    # step 3
    "TrainingData": "images:pixels labels:labels photographs:photographs? paths:paths "
    "class_names:class_names crop:flag standardized:flag",
    "create_training_data": "dataset:dataset size:size crop:flag? standardize:flag workers:count? "
    "cache:flag",
    # steps 4 to 7
    "shuffle": "data:data seed:seed",
    "features_and_labels": "data:data",
    "normalize": "X:X",
    "one_hot": "y:y n_classes:classes",
    "Split": "train:data test:data",
    "split_by_image": "data:data test_size:share seed:seed",
    "split_by_photograph": "data:data test_size:share seed:seed level:level",
    "cross_validate_by_photograph": "data:data n_folds:two seed:seed level:level",
    # step 8
    "article_cnn": "n_classes:classes size:size seed:seed recipe:recipe",
    "small_cnn": "n_classes:classes size:size seed:seed recipe:recipe width:count",
    "train": "model:model data:data validation:data? recipe:recipe? epochs:count? seed:seed "
    "callbacks:callbacks checkpoint:new_path? additional:data?",
    "plot_history": "history:history ax:axes? metric:metric?",
    "Recipe": "name:text optimizer:function epochs:function batch_size:count balanced:flag "
    "augmentation:functions variation:function? standardized:flag",
    "default_epochs": "n_images:seed",
    "on_machines": "first:address n:two number:seed patience:count",
    "vary_cells": "images:some_images rng:rng",
    "shift_images": "images:some_images rng:rng",
    "find_symmetry": "images:some_images labels:labels seed:seed",
    "sampling_weights": "labels:labels photographs:photographs?",
    # step 9
    "Evaluation": "test:data probabilities:probabilities seed:seed",
    "evaluate": "model:model test:data seed:seed preprocess:preprocess",
    "plot_confusion": "evaluation:evaluation ax:axes?",
    "compare_models": "first:evaluation second:evaluation n_resamples:count",
    "worst_mistakes": "evaluation:evaluation n:count",
    "plot_mistakes": "evaluation:evaluation n:count",
    "accuracy_interval": "correct:correct photographs:groups seed:seed n_resamples:count",
    "balanced_accuracy_interval": "correct:correct labels:groups photographs:groups seed:seed "
    "n_resamples:count",
    "compare_in_pairs": "first:correct second:correct photographs:groups seed:seed "
    "n_resamples:count",
    # plots and pages
    "class_color": "index:seed",
    "show": "ax:axes alt:text",
    "show_images": "images:pictures titles:titles columns:count width:number",
    "nine_steps": "step:seed ax:axes?",
    "PageFigure": "name:text image:bytes alt:text caption:any_text dark:bytes?",
    "percent": "share:real? digits:seed",
    "render_page": "template:template",
    # drawing
    "augment": "photograph:photograph rng:rng",
    "draw_cell": "cell_type:class_name scale:number rng:rng",
    "Laboratory": "name:text nucleus:stain cytoplasm:stain granules:stain red_cells:stain "
    "light:color exposure:positive white_balance:part_of_one magnification:magnification "
    "pixel:pixel blur:positive contrast:positive saturation:from_zero noise:from_zero "
    "sharpening:from_zero jpeg_quality:qualities",
    "Stain": "color:color strength:from_zero",
    "draw_field": "n_cells:seed rng:rng laboratory:laboratory",
    "draw_photograph": "cell_type:class_name rng:rng laboratory:laboratory",
    "draw_scene": "cell_types:class_names rng:rng red_cells:seed",
    "draw_sample": "folder:new_path? n_photographs:eight n_images:eight seed:seed "
    "laboratory:laboratory_name",
    "random_laboratory": "rng:rng",
    # files
    "cache_folder": "",
    "on_cluster": "address:text?",
    "extract_archive": "zip_path:zip folder:new_path?",
    "find_class_folders": "folder:folder part:part",
    "image_bytes": "path:image_file",
    "images_by_class": "root:folder least:count",
    "new_folder": "path:new_path",
    "part_of": "name:any_text",
    "read_label_table": "path:label_table group_column:text?",
    "unreadable_image": "path:path found:text advice:text",
    "write_atomically": "path:new_path mode:mode",
    # photographs
    "find_photographs": "images:image_list workers:count? cache:flag",
    "known_photographs": "",
    "match_originals": "images:image_list originals:image_list workers:count?",
    "match_photographs": "rows:rows files:files classes:words part:text?",
    "photograph_ids": "files:files classes:words table:table? folders:files part:text?",
    "photographs_and_groups": "files:files classes:words table:table? folders:files part:text?",
    "read_photograph_table": "path:table",
    # auditing
    "audit": "dataset:source_or_dataset against:source_or_dataset? labels:label_table? "
    "group_column:text? workers:count?",
    "audit_json": "audit:audit",
    "audit_csv": "audit:audit",
    "audit_page": "audit:audit",
    "audit_text": "audit:audit",
    "effective_sample_size": "weights:weights",
    "find_doubtful_labels": "audit:audit learn:function n_folds:two seed:seed",
    "rank_doubtful_labels": "probabilities:probabilities labels:labels photographs:groups?",
    # baselines
    "article_network": "data:data seed:seed",
    "cross_validated": "data:data learn:function n_folds:two seed:seed level:level",
    "decision_tree": "data:data seed:seed",
    "drawn_cells": "size:size seed:seed n_photographs:eight standardize:flag part:part",
    "drawn_cells_help": "class_names:words photographs:photographs?",
    "majority": "data:data seed:seed",
    "measure_cell": "image:image",
    "nearest_colors": "data:data seed:seed",
    "random_forest": "data:data seed:seed",
    "small_network": "data:data seed:seed additional:data?",
    "small_network_asked_once": "data:data seed:seed",
    "small_network_with_drawn": "data:data seed:seed",
    # inference
    "OutOfDistributionDetector": "mean:mean precision:precision limit:number "
    "least_probability:probability",
    "class_activation_maps": "model:model images:images labels:labels?",
    "explain_photograph": "saved:saved photograph:image",
    "feature_maps": "model:model image:image_8",
    "findings_png": "image:image findings:findings",
    "fit_least_probability": "probabilities:probabilities labels:labels",
    "fit_out_of_distribution_detector": "model:model images:images held_back:images "
    "photographs:groups?",
    "from_pixels": "model:model preprocess:pixel_range",
    "load_keras_model": "path:keras_file class_names:class_names crop:flag preprocess:pixel_range",
    "load_model": "path:model_file",
    "map_on_photograph": "heat:heat photograph:image crop:flag",
    "occlusion_maps": "model:model images:images labels:labels? places:count",
    "plot_explanation": "saved:saved photograph:image ax:axes?",
    "plot_feature_maps": "maps:maps n:count",
    "plot_filters": "model:model",
    "plot_findings": "image:image findings:findings ax:axes?",
    "plot_map": "image:image heat:heat ax:axes?",
    "predict_photograph": "saved:saved image:image",
    "predict_probabilities": "model:model images:some_images flips:flag batch_size:count "
    "preprocess:preprocess",
    "randomize_weights": "model:model layers:seed? seed:seed",
    "save_model": "model:model path:new_model class_names:class_names crop:flag detector:detector? "
    "preprocess:pixel_range standardized:flag",
    "weight_inside": "heat:heat mask:mask",
    # runs
    "RunSettings": "data:source_word test_data:source_word? photographs:new_path? "
    "labels:new_path? group_column:text? model:network recipe:network? split:split_word "
    "crop:crop_word folds:two? epochs:count? fast:flag seed:seed out:new_path",
    "peak_memory_mb": "",
    "plot_learning_curves": "history:history",
    "run_steps": "settings:settings",
    "slow_backend": "",
    "versions": "",
    "write_report": "out:folder report:report evaluation:evaluation model:model "
    "examples:figures detector:detector? decision:decision?",
    # lab
    "LiveCurves": "alt:text",
    "add_missing": "",
    "bound_names": "code:any_text",
    "class_table": "folder:learners",
    "copy_lessons": "folder:new_path",
    "defect_table": "",
    "drop_zone": "text:text answer:function",
    "exercise_names": "",
    "explore": "draw:function alt:text",
    "help_with_missing_names": "shell:shell",
    "lay_lessons": "folder:new_path",
    "learners_copy": "lesson:notebook",
    "lessons_folder": "",
    "newest_model": "",
    "open_lab": "folder:new_path",
    "plot_curves": "history:history n_classes:classes",
    "progress_text": "path:progress",
    "quiet_loading": "",
    "quiet_tensorflow": "",
    "read_progress": "path:progress",
    "record_solved": "name:exercise",
    "require_lab": "",
    "set_up_lesson": "",
    "upload_photographs": "saved:saved example:image",
    "where_defined": "name:any_text notebook:any_path",
    "write_start_page": "folder:learners",
}

# what may be anything at all, and what only the package gives
ANYTHING = {
    "ImageDataset": {"groups", "notes"},
    "TrainingData": {"skipped", "groups"},
}

# what is taken as it is, beside what is right for the kind of the argument
HARMLESS: dict[str, dict[str, set[str]]] = {
    # no white cell at all
    "draw_scene": {"cell_types": {"an empty list", "an empty array", "no images"}},
    # an array of texts may be one of paths
    "ImageDataset": {"paths": {"labels as text"}},
    "TrainingData": {"paths": {"labels as text"}},
    "crop_evidence": {"paths": {"labels as text", "an empty array", "no images"}},
    "should_crop": {"paths": {"labels as text", "an empty array", "no images"}},
    "photograph_ids": {"folders": {"labels as text", "an empty array", "no images"}},
    "photographs_and_groups": {"folders": {"labels as text", "an empty array", "no images"}},
    # no title for any picture
    "show_images": {"titles": {"an empty array", "no images", "labels as text"}},
    # as many rows as files aren't needed: no row fits
    "match_photographs": {"rows": {"an empty list"}},
    # of nothing, nothing is said
    "effective_sample_size": {"weights": {"an empty list", "an empty array"}},
    "drawn_cells_help": {
        "class_names": {"an empty list", "an empty array", "no images", "labels as text"},
        "photographs": {"an empty list", "an empty array", "a list of numbers", "a tuple"},
    },
    # any whole numbers may be labels, one for each of as many images
    "sampling_weights": {
        "labels": {"an empty list", "an empty array", "a list of numbers", "a tuple"}
    },
    # NaN is the score of nothing: "unknown"
    "percent": {"share": {"nan"}},
}

# what doesn't fit another argument may be said of that one
SAID_OF = {
    "ImageDataset": {"paths": "labels"},
    "TrainingData": {"images": "paths"},
    "OutOfDistributionDetector": {"mean": "precision"},
    "accuracy_interval": {"correct": "photographs"},
    "balanced_accuracy_interval": {"correct": "photographs"},
    "compare_in_pairs": {"first": "second"},
    "fit_out_of_distribution_detector": {"held_back": "images"},
    "match_photographs": {"files": "classes"},
    "on_cluster": {"address": "cluster"},
    "photograph_ids": {"files": "classes"},
    "photographs_and_groups": {"files": "classes"},
    "weight_inside": {"heat": "mask"},
}
