import { Attachment, AttachmentId, done, err, hasUnseen, label, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { Principal, Result } from "@moltbot/contracts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { AttachmentDesk, PrivacyPorts } from "./ports.ts";

type Wish = Parameters<AttachmentDesk["create"]>[1];

const checked = ({ name, mediaType }: Wish): Result<Pick<Attachment, "name" | "mediaType">> => {
  const type = Attachment.shape.mediaType.safeParse(mediaType.trim().toLowerCase());
  if (!type.success)
    return err(
      moltbotError("REQUEST_INVALID", { path: "mediaType", problem: "it is no media type such as text/plain" }),
    );
  if (hasUnseen(name))
    return err(moltbotError("REQUEST_INVALID", { path: "name", problem: "it holds characters that cannot be seen" }));
  return ok({ name, mediaType: type.data });
};

/** Files of conversations, encrypted, within the limits of the settings. */
export const createAttachmentDesk = (
  ports: Pick<PrivacyPorts, "house" | "files" | "settings" | "vault">,
): AttachmentDesk => {
  const { house, files, settings, vault } = ports;
  const { store, audit, clock, ids } = house;
  // Two of the same content at once would lie in one place, each under a key of its own.
  const alone = oneAtATime();

  const withinLimits = async (by: Principal, bytes: number): Promise<Result<void>> => {
    const { attachmentBytes, attachmentsTotalBytes } = settings().limits;
    if (bytes > attachmentBytes) return err(moltbotError("ATTACHMENT_TOO_LARGE", { bytes, most: attachmentBytes }));
    const kept = await store.attachments.total(ownScope(by));
    if (!kept.ok) return kept;
    const total = kept.value + bytes;
    return total > attachmentsTotalBytes
      ? err(moltbotError("ATTACHMENTS_FULL", { bytes: total, most: attachmentsTotalBytes }))
      : done;
  };

  const create = async (by: Principal, wish: Wish): Promise<Result<Attachment>> => {
    const scope = ownScope(by);
    const described = checked(wish);
    if (!described.ok) return described;
    const conversation = await store.conversations.find(scope, wish.conversationId);
    if (!conversation.ok) return conversation;
    const { id: conversationId, ownerId, audience } = conversation.value;
    // Who was only let in fills nobody else's room.
    if (ownerId !== by.id) return err(moltbotError("NOT_FOUND", { kind: "conversation" }));
    const { content } = wish;
    const address = files.addressOf({ conversationId, ownerId }, content);
    if (!address.ok) return address;
    const known = await store.attachments.ofConversation(scope, conversationId);
    if (!known.ok) return known;
    for (const one of known.value) {
      const kept = await store.attachments.find(scope, one.id);
      if (kept.ok && kept.value.address === address.value) return ok(one);
    }
    const room = await withinLimits(by, content.length);
    if (!room.ok) return room;
    const attachment: Attachment = {
      id: ids.next(AttachmentId),
      ownerId,
      conversationId,
      ...described.value,
      bytes: content.length,
      // Whoever sends it vouches for nothing that stands in it.
      label: label("untrusted", [ownerId, ...audience], [{ kind: "file", ref: described.value.name }]),
      createdAt: clock.now(),
    };
    const recorded = await audit.record({
      event: "attachment:kept",
      actor: by.id,
      fields: { attachmentId: attachment.id, conversationId, bytes: attachment.bytes },
      details: { name: attachment.name },
      subject: `conversation:${conversationId}`,
    });
    if (!recorded.ok) return recorded;
    const written = await files.write(address.value, attachment, content);
    return written.ok ? store.attachments.create(scope, attachment, address.value) : written;
  };

  return {
    create: (by, wish) => alone(() => create(by, wish)),
    list: async (by, conversationId) => {
      const scope = ownScope(by);
      const conversation = await store.conversations.find(scope, conversationId);
      return conversation.ok ? store.attachments.ofConversation(scope, conversationId) : conversation;
    },
    get: async (by, id) => {
      const found = await store.attachments.find(ownScope(by), id);
      if (!found.ok) return found;
      const { attachment, address } = found.value;
      const content = await files.read(address, attachment);
      if (!content.ok) return content;
      const { name, mediaType } = attachment;
      return ok({ name, mediaType, content: Buffer.from(content.value).toString("base64") });
    },
    remove: (by, id) =>
      alone(async () => {
        const scope = ownScope(by);
        const found = await store.attachments.find(scope, id);
        if (!found.ok) return found;
        if (found.value.attachment.ownerId !== by.id) return err(moltbotError("NOT_FOUND", { kind: "attachment" }));
        const recorded = await audit.record({
          event: "attachment:removed",
          actor: by.id,
          fields: { attachmentId: id, conversationId: found.value.attachment.conversationId },
        });
        if (!recorded.ok) return recorded;
        const forgotten = await vault.erase([`attachment:${id}`]);
        if (!forgotten.ok) return forgotten;
        const address = await store.attachments.remove(scope, id);
        if (!address.ok) return address;
        if (address.value === null) return done;
        const removed = await files.remove(address.value);
        return removed.ok ? done : removed;
      }),
  };
};
