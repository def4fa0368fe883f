import type { State } from "../state/state.ts";
import type { AttachmentList } from "./attachment-list.ts";
import type { ChangesDialog } from "./changes-dialog.ts";
import type { DataDialog } from "./data-dialog.ts";
import type { FlowsDialog } from "./flows-dialog.ts";
import type { KeysDialog } from "./keys-dialog.ts";
import type { OriginDialog } from "./origin-dialog.ts";
import type { PeopleDialog } from "./people-dialog.ts";
import type { PluginsDialog } from "./plugins-dialog.ts";
import type { PromptsDialog } from "./prompts-dialog.ts";
import type { ReleaseDialog } from "./release-dialog.ts";
import type { SecretsDialog } from "./secrets-dialog.ts";
import type { ShareDialog, ToShare } from "./share-dialog.ts";
import type { SignInsDialog } from "./sign-ins-dialog.ts";
import type { UsageDialog } from "./usage-dialog.ts";
import type { WhyDialog } from "./why-dialog.ts";

/** The pages that the overview leads to; each shows what it loads by itself. */
interface Pages {
  readonly "changes-dialog": ChangesDialog;
  readonly "data-dialog": DataDialog;
  readonly "flows-dialog": FlowsDialog;
  readonly "keys-dialog": KeysDialog;
  readonly "people-dialog": PeopleDialog;
  readonly "plugins-dialog": PluginsDialog;
  readonly "prompts-dialog": PromptsDialog;
  readonly "secrets-dialog": SecretsDialog;
  readonly "sign-ins-dialog": SignInsDialog;
  readonly "usage-dialog": UsageDialog;
}

/** What is loaded on demand and stands in the page under its own name. */
interface Parts extends Pages {
  readonly "attachment-list": AttachmentList;
  readonly "origin-dialog": OriginDialog;
  readonly "release-dialog": ReleaseDialog;
  readonly "share-dialog": ShareDialog;
  readonly "why-dialog": WhyDialog;
}

/** Does something with a part of the page once that part is loaded; nothing where it is not in the page then. */
export const withPart = <Name extends keyof Parts>(
  page: ParentNode,
  name: Name,
  act: (part: Parts[Name]) => unknown,
): void => {
  void customElements.whenDefined(name).then(() => {
    const part = page.querySelector<Parts[Name]>(name);
    if (part !== null) void act(part);
  });
};

/** The page that leads elsewhere. */
interface LeadingPage extends ParentNode {
  readonly state: State;
  readonly closeDrawer: () => void;
}

/** The ways from the chat to what stands over it; a page of its own takes the drawer's place. */
export class PageWays {
  readonly #page: LeadingPage;

  constructor(page: LeadingPage) {
    this.#page = page;
  }

  readonly show = (name: keyof Pages) => (): void => {
    this.#page.closeDrawer();
    withPart(this.#page, name, (dialog) => dialog.show());
  };

  readonly showSharing = (what: ToShare): void => {
    this.#page.closeDrawer();
    withPart(this.#page, "share-dialog", (dialog) => dialog.show(what));
  };

  /** Who reads the open conversation. */
  readonly showReaders = (): void => {
    const { conversationId, conversations, messages } = this.#page.state;
    if (conversationId === null) return;
    const title = conversations.find(({ id }) => id === conversationId)?.title ?? "";
    const what = { id: conversationId, title, messages: messages[conversationId] ?? [] };
    withPart(this.#page, "release-dialog", (dialog) => dialog.show(what));
  };

  readonly why = (id: string): void => {
    withPart(this.#page, "why-dialog", (dialog) => dialog.show(id));
  };

  readonly whereFrom = (id: string): void => {
    withPart(this.#page, "origin-dialog", (dialog) => dialog.show(id));
  };
}
