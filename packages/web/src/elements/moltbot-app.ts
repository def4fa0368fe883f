import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { AgentId, ConversationId, Person, Prompt, SecretInfo } from "@moltbot/contracts";
import { browserName } from "../device/browser-name.ts";
import { may } from "../people/may.ts";
import { answeredElsewhere, openShared, pendingApprovals, transcript } from "../state/select.ts";
import type { Session } from "../state/session.ts";
import { INITIAL_STATE } from "../state/state.ts";
import type { Block, State } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import type { BegunWith } from "../state/talk.ts";
import type { Row } from "../state/told-rows.ts";
import { neutralText } from "../text/neutralise.ts";
import { bannersView } from "../views/banners.ts";
import { barView } from "../views/bar.ts";
import { drawerView } from "../views/drawer.ts";
import type { Drawer } from "../views/drawer.ts";
import { footView } from "../views/foot.ts";
import { locked } from "../views/locked.ts";
import { pagesView } from "../views/pages.ts";
import { pairView } from "../views/pair.ts";
import { sideView } from "../views/side.ts";
import { signIn } from "../views/sign-in.ts";
import { resumeDialog } from "../views/stop.ts";
import type { ResumeGrants } from "../views/stop.ts";
import { transcriptView } from "../views/transcript.ts";
import { welcomeView } from "../views/welcome.ts";
import { nameText, promptWords } from "../words-of-people.ts";
import type { AttachmentList } from "./attachment-list.ts";
import type { MessageComposer } from "./message-composer.ts";
import type { Hit } from "./message-search.ts";
import { PageElement } from "./page-element.ts";
import { PageQuestions } from "./page-questions.ts";
import { PageWays, withPart } from "./page-ways.ts";

/** The page: it shows the store's state and passes what people do to the session. */
export class MoltbotApp extends PageElement {
  static override properties = { state: { attribute: false }, drawer: { state: true }, away: { state: true } };
  declare state: State;
  declare drawer: Drawer | null;
  /** Whether the person scrolled up; new words then wait below. */
  declare away: boolean;
  #session: Session | null = null;
  readonly #questions = new PageQuestions(this);
  readonly #ways = new PageWays(this);

  constructor() {
    super();
    this.state = INITIAL_STATE;
    this.drawer = null;
    this.away = false;
  }

  /** Binds the page to its state and its actions, once. */
  connect(store: Store, session: Session): void {
    this.#session = session;
    this.state = store.state;
    store.subscribe(() => {
      this.state = store.state;
    });
  }

  /** What people do; null until the page is connected. */
  get session(): Session | null {
    return this.#session;
  }

  /** Where one writes. */
  get composer(): MessageComposer | null {
    return this.querySelector("message-composer");
  }

  readonly #open = (id: ConversationId | null): void => {
    this.closeDrawer();
    this.away = false;
    void this.#session?.open(id);
    this.composer?.focus();
  };

  /** Leads to a message: the row takes the focus where the conversation shows it. */
  readonly #openHit = async ({ conversationId, messageId }: Hit): Promise<void> => {
    this.closeDrawer();
    this.away = true;
    if (conversationId !== this.state.conversationId) await this.#session?.open(conversationId);
    await this.updateComplete;
    const row = this.querySelector<HTMLElement>(`#row-${CSS.escape(messageId)}`);
    row?.scrollIntoView({ block: "center" });
    row?.focus({ preventScroll: true });
    if (row === null) this.composer?.focus();
  };

  #side(now: number): TemplateResult {
    const call = this.#session?.call ?? null;
    return sideView({ state: this.state, now, open: this.#open, call, openHit: (hit) => void this.#openHit(hit) });
  }

  readonly #send = async (
    text: string,
    blocks: readonly Block[] = [],
    begun: BegunWith | null = null,
  ): Promise<boolean> => {
    this.away = false;
    const fresh = this.state.conversationId === null;
    const sent = (await this.#session?.send(text, blocks, begun)) ?? false;
    const { conversationId } = this.state;
    // Before that part is loaded there is nothing to settle, and no such method.
    if (sent && fresh && conversationId !== null)
      void this.querySelector<AttachmentList>("attachment-list")?.settle?.(conversationId);
    return sent;
  };

  readonly #attach = (files: readonly File[]): void => {
    withPart(this, "attachment-list", (list) => list.add(files));
  };

  /** A file may be dropped anywhere beside the lists; without this the browser would leave the page for it. */
  readonly #dropped = (event: DragEvent): void => {
    const { dataTransfer } = event;
    if (dataTransfer === null || !dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "drop") this.#attach([...dataTransfer.files]);
  };

  readonly #beginWith = (prompt: Prompt, people: readonly Person[]): void => {
    this.composer?.beginWith({ prompt, ...promptWords(prompt, people, this.state.principal?.id ?? null) });
  };

  readonly #talkTo = async (id: AgentId): Promise<void> => {
    this.closeDrawer();
    this.away = false;
    await this.#session?.talkTo(id);
    this.composer?.focus();
  };

  readonly #stop = (): void => {
    const { conversationId, turns } = this.state;
    const turnId = conversationId === null ? undefined : turns[conversationId];
    if (turnId !== undefined) void this.#session?.stop(turnId);
  };

  readonly #explain = async (id: string) => (await this.#session?.explain(id)) ?? null;

  readonly #lookAt = async (of: string) => (await this.#session?.whereFrom(of)) ?? null;

  readonly #removeSource = async (source: string, dryRun: boolean) =>
    (await this.#session?.removeSource(source, dryRun)) ?? null;

  readonly #nameOf = (id: AgentId): string =>
    this.state.agents.find((agent) => agent.id === id)?.name ?? "another agent";

  get #resumeDialog(): HTMLDialogElement | null {
    return this.querySelector("dialog.resume");
  }

  readonly #resume = (grants: ResumeGrants): void => {
    this.#resumeDialog?.close();
    void this.#session?.resume(grants);
  };

  readonly #openDrawer = (drawer: Drawer) => (): void => {
    this.drawer = drawer;
    if (drawer === "panel") void this.#session?.loadPanel();
    void this.updateComplete.then(() => this.querySelector<HTMLDialogElement>("dialog.drawer")?.showModal());
  };

  readonly closeDrawer = (): void => {
    this.querySelector<HTMLDialogElement>("dialog.drawer")?.close();
  };

  readonly #scrolled = (event: Event): void => {
    const box = event.currentTarget;
    if (box instanceof HTMLElement) this.away = box.scrollHeight - box.scrollTop - box.clientHeight > 120;
  };

  readonly #toEnd = (): void => {
    this.away = false;
  };

  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.composer?.focus();
  };

  readonly #dismiss = (): void => {
    this.#session?.dismiss();
    this.composer?.focus();
  };

  protected override updated(changed: PropertyValues<this>): void {
    if (this.state.phase !== "ready") return;
    const box = this.querySelector<HTMLElement>(".scroll");
    if (!this.away && box !== null) {
      box.scrollTop = box.scrollHeight;
      // Cards render one step later than the page.
      requestAnimationFrame(() => {
        if (!this.away) box.scrollTop = box.scrollHeight;
      });
    }
    if (!changed.has("state")) return;
    this.#questions.greet(this.drawer !== null);
    const before = changed.get("state");
    // Under a finger the focus would raise the keyboard over the page.
    if (before !== undefined && before.phase !== "ready" && matchMedia("(pointer: fine)").matches) {
      void this.composer?.updateComplete.then(() => this.composer?.focus());
    }
    const waiting = pendingApprovals(this.state).length;
    document.title = waiting === 0 ? "Moltbot" : `(${waiting}) Moltbot asks you`;
  }

  /** Whether one may write in what is open, as far as one's role and whose it is go. */
  get #mayWrite(): boolean {
    return may(this.state.principal, "messages.send") && openShared(this.state) === null;
  }

  /** What stands in the middle: the conversation, or what to do without one. */
  #content(rows: readonly Row[], agentName: string, now: number): TemplateResult {
    const { state } = this;
    if (rows.length === 0)
      return state.loading
        ? html`<p class="loading quiet" role="status">Loading…</p>`
        : welcomeView({ state, send: (text) => void this.#send(text), openPanel: this.#openDrawer("panel") });
    const shared = openShared(state);
    return transcriptView({
      rows,
      agentName,
      me: state.principal?.id ?? null,
      now,
      answer: this.#questions.answer,
      answerAll: this.#questions.answerAll,
      preview: this.#questions.preview,
      elsewhere: (approval) => answeredElsewhere(state, approval),
      why: may(state.principal, "decisions.explain") ? this.#ways.why : null,
      whereFrom: this.#ways.whereFrom,
      nameOf: this.#nameOf,
      by: shared === null ? null : nameText(shared.ownerId, state.people, null),
    });
  }

  #banners(now: number): TemplateResult {
    const session = this.#session;
    return bannersView({
      state: this.state,
      now,
      open: this.#open,
      putAlarmAway: () => {
        session?.putAlarmAway();
        this.composer?.focus();
      },
      openResume: () => this.#resumeDialog?.showModal(),
      putAway: () => session?.putAway(),
      dismiss: this.#dismiss,
    });
  }

  #pages(now: number): TemplateResult {
    const { state } = this;
    return pagesView({
      state,
      now,
      call: this.#session?.call ?? null,
      explain: this.#explain,
      look: this.#lookAt,
      takeAway: this.#removeSource,
      mayUse: this.#mayWrite && state.agent !== null,
      use: this.#beginWith,
      sharePrompt: (prompt: Prompt) => this.#ways.showSharing({ type: "prompt", ...prompt }),
      shareSecret: (secret: SecretInfo) => this.#ways.showSharing({ type: "secret", ...secret }),
    });
  }

  #chat(): TemplateResult {
    const { state } = this;
    const session = this.#session;
    const call = session?.call ?? null;
    const agentName = neutralText(state.agent?.name ?? "Moltbot");
    const rows = transcript(state);
    const now = Date.now();
    return html`<a class="skip" href="#composer-input" @click=${this.#skip}>Skip to the message box</a>
      <div class="shell">
        <aside class="side" aria-label="Conversations and new conversation">${this.#side(now)}</aside>
        <div class="stage">
          ${barView({
            state,
            openSide: this.#openDrawer("side"),
            openPanel: this.#openDrawer("panel"),
            goToFirst: this.#questions.goToFirst,
            stopEverything: () => void session?.stopEverything(),
            showReaders: this.#ways.showReaders,
          })}
          <main id="main" @dragover=${this.#dropped} @drop=${this.#dropped}>
            ${this.#banners(now)}
            <div
              class="scroll"
              tabindex="0"
              role="region"
              aria-label="Conversation with ${agentName}"
              @scroll=${this.#scrolled}
            >
              ${rows.length > 0 ? html`<h2 class="visually-hidden">Conversation</h2>` : nothing}
              ${this.#content(rows, agentName, now)}
            </div>
            ${footView({
              state,
              now,
              call,
              agentName,
              mayWrite: this.#mayWrite,
              rows,
              away: this.away,
              toEnd: this.#toEnd,
              toComposer: () => this.composer?.focus(),
              submit: this.#send,
              stop: this.#stop,
              choosePrompt: this.#ways.show("prompts-dialog"),
              attach: this.#attach,
            })}
          </main>
        </div>
      </div>
      ${this.#drawer(now)} ${resumeDialog(this.#resume, () => this.#resumeDialog?.close())} ${this.#pages(now)}`;
  }

  #drawer(now: number): TemplateResult {
    const session = this.#session;
    return drawerView({
      drawer: this.drawer,
      side: () => this.#side(now),
      closed: () => {
        this.drawer = null;
      },
      state: this.state,
      now,
      close: this.closeDrawer,
      goTo: (approval) => void this.#questions.goTo(approval),
      revoke: (id) => void session?.revoke(id),
      cancel: (id) => void session?.cancel(id),
      forget: (id) => void session?.forget(id),
      whereFrom: this.#ways.whereFrom,
      addContact: async (contact) => (await session?.addContact(contact)) ?? null,
      removeContact: (id) => void session?.removeContact(id),
      setReading: async (reading) => (await session?.setReading(reading)) ?? null,
      setTools: async (tools) => (await session?.setTools(tools)) ?? null,
      showChanges: this.#ways.show("changes-dialog"),
      showFlows: this.#ways.show("flows-dialog"),
      showData: this.#ways.show("data-dialog"),
      showKeys: this.#ways.show("keys-dialog"),
      showPlugins: this.#ways.show("plugins-dialog"),
      showPeople: this.#ways.show("people-dialog"),
      showSignIns: this.#ways.show("sign-ins-dialog"),
      showPrompts: this.#ways.show("prompts-dialog"),
      showSecrets: this.#ways.show("secrets-dialog"),
      showUsage: this.#ways.show("usage-dialog"),
      showSharing: (agent) => this.#ways.showSharing({ type: "agent", ...agent }),
      talkTo: (id) => void this.#talkTo(id),
      call: session?.call ?? null,
      signOut: () => void session?.signOut(),
    });
  }

  /** The page before anybody is in. */
  #gate(): TemplateResult {
    const retry = (): void => void this.#session?.start(null);
    if (this.state.phase === "pairing")
      return pairView(this.state, browserName(navigator.userAgent), {
        pair: (name) => void this.#session?.pair(name),
        leave: retry,
      });
    return this.state.phase === "locked"
      ? locked(this.state, { retry, unlock: (wish) => void this.#session?.unlock(wish) })
      : signIn(this.state, retry);
  }

  protected override render(): TemplateResult {
    const { announcement, phase } = this.state;
    return html`${phase === "ready" ? this.#chat() : this.#gate()}
      <div class="visually-hidden" role="status" aria-live="polite">
        ${announcement.text}${announcement.count % 2 === 1 ? "\u00A0" : ""}
      </div>`;
  }
}
customElements.define("moltbot-app", MoltbotApp);
