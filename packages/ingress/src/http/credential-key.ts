import type { Credential } from "./credentials.ts";

/** Tells one token, session, device or the local socket from another. It may hold a secret: it is a key in memory, never shown or kept. */
export const keyOf = (credential: Credential): string => {
  switch (credential.kind) {
    case "token":
      return `token ${credential.text}`;
    case "session":
      return `session ${credential.cookie}`;
    case "device":
    case "ticket":
      return `${credential.kind} ${credential.text}`;
    case "known":
      return credential.token === undefined
        ? `${credential.who.proof.kind} ${credential.who.proof.id ?? ""}`
        : `token ${credential.token}`;
    case "local":
    case "none":
      return credential.kind;
  }
};
