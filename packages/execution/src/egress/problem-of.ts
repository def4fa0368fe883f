/**
 * Words for a network failure, chosen from its code alone: the original message may quote a header, and a header may be a
 * secret.
 */
const WORDS: Readonly<Record<string, string>> = Object.freeze({
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was reset",
  ETIMEDOUT: "the connection took too long",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  EPIPE: "the connection was closed",
  UND_ERR_SOCKET: "the connection was closed",
  UND_ERR_CLOSED: "the gateway is closing its connections",
  UND_ERR_DESTROYED: "the gateway closed its connections",
  UND_ERR_HEADERS_TIMEOUT: "the answer did not begin in time",
  UND_ERR_BODY_TIMEOUT: "the answer stalled",
  UND_ERR_HEADERS_OVERFLOW: "the answer's headers are too large",
  UND_ERR_INVALID_ARG: "the request could not be formed",
  PARSER: "the answer is not valid HTTP",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate belongs to another name",
  Z_DATA_ERROR: "the compressed answer is damaged",
  Z_BUF_ERROR: "the compressed answer is cut off",
});

/** A failure's own code; undici names its parser's failures by class instead. */
const codeOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "";
  if ("name" in error && error.name === "HTTPParserError") return "PARSER";
  return "code" in error && typeof error.code === "string" ? error.code : "";
};

/** A fixed sentence part for a failure; never a word of the failure's own message. */
export const problemOf = (error: unknown): string => {
  const code = codeOf(error);
  return (Object.hasOwn(WORDS, code) ? WORDS[code] : undefined) ?? "the exchange failed";
};
