"""Prediction and preprocessing of drawings and photographs."""
