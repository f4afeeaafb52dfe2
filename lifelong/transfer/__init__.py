"""Transfer studies: config, events, study, store, results."""
