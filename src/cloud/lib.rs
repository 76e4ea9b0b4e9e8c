//! The only room that talks to AWS and Kubernetes.
