"""What every job needs: its log, its signals, its errors, whole outputs, cards, checkpoints."""
