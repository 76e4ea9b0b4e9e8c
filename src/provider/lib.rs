//! What the practitioner sees: the provider block, resources, data sources, ephemeral resources and functions.
