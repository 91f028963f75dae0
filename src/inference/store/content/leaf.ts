/** Apart, and without imports: the hashing thread starts with each large file. */

/** Bytes of a leaf: `size-262144`, what `ipfs add` does. */
export const LEAF_BYTES = 256 << 10;
/** Of a SHA-256. */
export const DIGEST_BYTES = 32;
