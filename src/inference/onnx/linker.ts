import koffi from 'koffi';

/**
 * Why a library that was refused does not load, in the words of the dynamic linker: 'libcublasLt.so.13: cannot open shared object file …'. ONNX
 * Runtime only logs them. Undefined when it does load.
 */
export function linkerError(file: string): string | undefined {
  try {
    koffi.load(file);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
