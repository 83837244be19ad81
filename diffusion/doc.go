// Package diffusion holds latent diffusion models: noise schedules, DDIM sampling, classifier-free guidance, the
// conditional U-Net and the KL autoencoder. Latents z are [batch, height, width, channels]; pictures x are
// [batch, height, width, channels] in [-1, 1]; timesteps are [batch] int32, indices into the training schedule.
package diffusion
