import { PrincipalId, ok } from "@moltbot/contracts";
import { createContentSealer, sealBytes } from "../../crypto/index.ts";

/** Who set the old secrets: whoever owned the house then. */
export const SETTER = PrincipalId.parse("01930000-0000-7000-8000-000000000001");
const AT = "2026-01-02T03:04:05.000Z";

/** A sealer over one key, for a process that must come to the same key again. */
export const sealerOf = (key: Uint8Array) => createContentSealer({ find: () => key, findOrCreate: () => ok(key) });

/** The text of `secrets.json` as version 2 wrote it, with these values by their names. */
export const textOfVersion2 = (
  key: Uint8Array,
  values: Readonly<Record<string, string>>,
  sealer = sealerOf(key),
): string => {
  const secrets = Object.fromEntries(
    Object.entries(values).map(([name, value], at) => {
      const subject = `secret:00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
      const sealed = sealer.seal([subject], subject, value);
      if (!sealed.ok) throw new Error(sealed.error.code);
      const kept = {
        subject,
        sealed: Buffer.from(sealed.value).toString("base64url"),
        kind: "api-key",
        hosts: [`${name}.example`],
        ownerId: SETTER,
        createdAt: AT,
        rotatedAt: AT,
        expiresAt: null,
        rotateEveryDays: 30,
        lastUsedAt: AT,
      };
      return [name, kept];
    }),
  );
  const retired = ["secret:00000000-0000-4000-8000-00000000dead"];
  const sealed = sealBytes(key, JSON.stringify({ secrets, retired }), "moltbot:secrets:v2");
  return `${JSON.stringify({ version: 2, sealed: Buffer.from(sealed).toString("base64url") })}\n`;
};
