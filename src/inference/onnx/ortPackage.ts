import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import path from 'node:path';

const require = createRequire(import.meta.url);
const root = path.dirname(require.resolve('onnxruntime-node/package.json'));

/** Version that the package says; its libraries must be of the same one. */
export const PACKAGE_VERSION: string = (require('onnxruntime-node/package.json') as { version: string }).version;

/** Folder of the native libraries for this platform. */
export const LIBRARY_DIR = path.join(root, 'bin', 'napi-v6', platform(), arch());

const CUDA_LIBRARY = 'libonnxruntime_providers_cuda.so';
const CUDA_LIBRARIES = [CUDA_LIBRARY, 'libonnxruntime_providers_shared.so'];

/** Works wherever the package lies, also when cortensord is installed globally. */
export function cudaInstallCommand(packageRoot = root): string {
  const script = path.join(packageRoot, 'script', 'install.js');
  return `ONNXRUNTIME_NODE_INSTALL=cuda12 node ${/^[\w/.:@+-]+$/.test(script) ? script : `'${script.replaceAll("'", "'\\''")}'`}`;
}

/** The two ways to install CUDA's provider. */
export function cudaInstall(dir = LIBRARY_DIR): string {
  return (
    `With an NVIDIA driver, CUDA and cuDNN 9 on this machine, run: ${cudaInstallCommand()}; or copy ${CUDA_LIBRARIES.join(' and ')} ` +
    `from the Python package onnxruntime-gpu ${PACKAGE_VERSION}, which is built for CUDA 13, to ${dir} (docs/inference.md#providers)`
  );
}

/** Why CUDA cannot run here as far as files tell, with what to do about it; undefined when its library is there. */
export function cudaMissing(os = platform(), cpu = arch(), dir = LIBRARY_DIR): string | undefined {
  if (os !== 'linux' || cpu !== 'x64') return `ONNX Runtime's package has CUDA for linux/x64, not for ${os}/${cpu}`;
  if (existsSync(path.join(dir, CUDA_LIBRARY))) return undefined;
  return `its library is not installed. ${cudaInstall(dir)}`;
}
