import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { EgressResponse } from "../egress.ts";
import type { OutgoingWatch } from "./check-outgoing.ts";
import { needlesOf, squeezed } from "./find-needles.ts";
import { bytesOf } from "./read-every-way.ts";

/**
 * An answer to a request that carried a secret, without headers and body where they repeat one, as it is or in the usual
 * forms: servers show what they were sent, in errors above all, and a model would read it.
 */
export const keepBack = (watch: OutgoingWatch, response: EgressResponse): Result<EgressResponse> => {
  const texts = [
    Buffer.from(response.body).toString("latin1"),
    bytesOf(Object.entries(response.headers).flat().join("\n")),
  ];
  const found = watch.secrets.lendAll((secrets) => {
    const needles = needlesOf(secrets);
    return texts.some((text) => needles.foundIn(text, squeezed(text)));
  });
  if (!found.ok) return found;
  return ok(found.value ? { ...response, headers: {}, body: new Uint8Array(), withheld: true } : response);
};
