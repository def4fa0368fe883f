import { Contact, ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ name: Contact.shape.name, address: Contact.shape.address });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("contact.add"),
  version: 1,
  title: "Confirm a contact",
  description: "Confirms that an address belongs to a name, so that the name alone settles where a message goes.",
  effect: "commit",
  permissions: ["contact:write"],
  input,
  critical: ["name", "address"],
  roles: { name: "identifier", address: "recipient" },
  result: "context",
  undo: "undoable",
  repeatable: true,
});
