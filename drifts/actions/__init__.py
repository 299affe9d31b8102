"""Every write to stacks, scans and drifts: one function per verb, keyword-only after its subject, `by=` the actor."""
