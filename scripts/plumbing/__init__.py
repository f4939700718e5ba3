"""What every job needs: its log, signals, errors, atomic outputs, cards and checkpoints."""
