const MEBIBYTE = 1024 * 1024;

/** The largest bodies that requests may have, in bytes. */
export const bodyBytesMax = {
  json: 64 * 1024,
  /** A file of access rules or credentials. */
  csv: 4 * MEBIBYTE,
  /**
   * The HTTP server cuts a request off here, without a word. So it is above what the app takes: the app says that it
   * is too large, and what it takes.
   */
  server: 8 * MEBIBYTE,
} as const;
