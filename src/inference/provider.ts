/** What computes: the CPU, an NVIDIA GPU through CUDA, or any GPU through WebGPU (Vulkan, Metal, Direct3D 12). */
export const PROVIDERS = ['cpu', 'cuda', 'webgpu'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** What was asked for and what computes. */
export interface ProviderStatus {
  readonly requested: ProviderName | 'auto';
  /** Undefined until the worker has started. */
  readonly actual: ProviderName | undefined;
  /** Why it is not the requested one, or not all of it, and what to do. */
  readonly warning?: string;
}
