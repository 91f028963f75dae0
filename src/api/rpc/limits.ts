/** Bounds of the RPC socket (docs/LIMITS.md). */
export const MESSAGE_BYTES_MAX = 1_048_576;
export const BATCH_CALLS_MAX = 64;
/** Calls running at once on one connection; above it the connection is not read. */
export const CALLS_IN_FLIGHT_MAX = 32;
export const SUBSCRIPTIONS_MAX = 16;
/** A client that does not read for so long while we want to write is cut off. */
export const WRITE_STALL_MS_MAX = 30_000;
/** sun_path minus its final zero, in bytes; macOS has the smallest. */
export const SOCKET_PATH_BYTES_MAX = 103;
/** How long connections may finish their answers when the server closes. */
export const CLOSE_GRACE_MS = 2_000;
