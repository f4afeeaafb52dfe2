"""The experiment loop, evaluation, parallel execution, pretraining, benchmark."""
