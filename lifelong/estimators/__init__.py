"""Estimators in scikit-learn's manner: settings in the constructor, work in `fit`, results end
in `_`.
"""
