"""From labels to a trained network: targets, batches, the trainer and its checkpoints."""
