import type { Identified } from "@moltbot/contracts";
import type { Credential } from "./credentials.ts";

/** What is asked at each further step of somebody who was let in: in place of what was good once, a question after whoever it showed. */
export const admittedAs = (credential: Credential, who: Identified): Credential => {
  switch (credential.kind) {
    case "device":
    case "ticket":
      return { kind: "known", who };
    case "token":
      return who.proof.strong ? { kind: "known", who, token: credential.text } : credential;
    default:
      return credential;
  }
};
