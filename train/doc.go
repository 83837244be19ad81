// Package train fits the project's networks: autoencoder, latent diffusion model and classifier. One loop serves all
// (Adam, learning-rate schedule, moving average of the weights, checkpoints that survive a kill at any moment); each
// network adds its loss and its batches.
package train
