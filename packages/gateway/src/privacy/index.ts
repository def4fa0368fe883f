/**
 * What a person may ask of what is kept of them: to have it, and to have it gone. Erasing destroys keys first, so that nothing
 * of the subject can be read whatever happens after; what lies out of reach is named, never passed over. The operations, the
 * schedule of retention and the start of the gateway call it.
 */
export { openPrivacy, settlePrivacy } from "./open-privacy.ts";
export type { Privacy, PrivacyWish } from "./open-privacy.ts";
export type { AttachmentDesk, PrivacyDesk } from "./ports.ts";
