"""How the bundled model was made: data, vocabulary, training, distillation, calibration, export."""
