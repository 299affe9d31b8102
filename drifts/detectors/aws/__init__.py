"""DriftSentry's own scanner: a Terraform state against live AWS. See `drifts/detectors/README.md`."""
