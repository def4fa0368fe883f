import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Device, OperationOutput, SessionInfo } from "@moltbot/contracts";
import { icon } from "../views/icons.ts";
import { onceView } from "../views/once.ts";
import { problemView } from "../views/problem.ts";
import { leadsHereAlone, whenText } from "../words-of-people.ts";
import { countText, momentText } from "../words.ts";
import type { DeviceList } from "./device-list.ts";
import { PageDialog } from "./page-dialog.ts";
import type { TokenList } from "./token-list.ts";
import "./device-list.ts";
import "./token-list.ts";

/** Everything that lets somebody in as this person: browsers, devices, tokens. Each can be ended at once. */
export class SignInsDialog extends PageDialog {
  static override properties = {
    sessions: { state: true },
    devices: { state: true },
    tokens: { state: true },
    link: { state: true },
  };
  /** Null while they are loaded. */
  declare sessions: readonly SessionInfo[] | null;
  declare devices: readonly Device[] | null;
  declare tokens: OperationOutput<"tokens.list"> | null;
  /** The sign-in link that is on the screen. */
  declare link: OperationOutput<"links.create"> | null;

  constructor() {
    super();
    this.sessions = null;
    this.devices = null;
    this.tokens = null;
    this.link = null;
  }

  show(): Promise<void> {
    return this.open();
  }

  /** Loads everything that lets somebody in. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const [sessions, devices, tokens] = await Promise.all([
      call("sessions.list", {}),
      call("devices.list", {}),
      call("tokens.list", {}),
    ]);
    this.sessions = this.taken(sessions, this.sessions);
    this.devices = this.taken(devices, this.devices);
    this.tokens = this.taken(tokens, this.tokens);
  }

  protected override async hear(): Promise<void> {
    const before = new Set(this.devices?.map(({ id }) => id));
    await this.load();
    if (this.devices?.some(({ id, revokedAt }) => revokedAt === null && !before.has(id)) === true)
      this.querySelector<DeviceList>("device-list")?.paired();
  }

  protected override closed(): void {
    this.link = null;
    for (const list of ["device-list", "token-list"] as const)
      this.querySelector<DeviceList | TokenList>(list)?.reset();
  }

  /** Signs browsers out, each at once; says how many went. */
  readonly #signOut = async (gone: readonly SessionInfo[]): Promise<void> => {
    const { call } = this;
    if (call === null || this.busy || gone.length === 0) return;
    this.busy = true;
    this.problem = null;
    const ended = await Promise.all(gone.map(({ id }) => call("sessions.revoke", { sessionId: id })));
    this.busy = false;
    const failed = ended.find((answer) => !answer.ok);
    const count = ended.filter(({ ok }) => ok).length;
    this.said = count === 0 ? "" : `${countText(count, "browser")} ${count === 1 ? "was" : "were"} signed out.`;
    if (failed !== undefined && !failed.ok) this.problem = failed.error;
    this.focusOn(this.problem === null ? "#sign-ins-browsers" : "#sign-ins-problem");
    await this.load();
  };

  readonly #makeLink = async (): Promise<void> => {
    const made = await this.ask((call) => call("links.create", {}), "#sign-ins-problem");
    if (made === null) return;
    this.link = made;
    this.focusOn(".once");
  };

  #one(session: SessionInfo): TemplateResult {
    const { createdAt, lastSeenAt, idleUntil, expiresAt, current } = session;
    const { now } = this;
    const until = idleUntil < expiresAt ? idleUntil : expiresAt;
    const since = whenText(createdAt, now);
    return html`<li class="entry revocable">
      <span>
        <strong>${current ? "This browser" : "Another browser"}</strong>
        ${current ? html`<span class="chip good-chip">you are here</span>` : nothing}
      </span>
      <span class="quiet"
        >Signed in
        ${since}${current ? "" : lastSeenAt === null ? ", not seen since" : `, last seen ${whenText(lastSeenAt, now)}`}.
        Unused, it ends
        ${whenText(until, now)}${until === expiresAt ? "" : `, in any case ${whenText(expiresAt, now)}`}.</span
      >
      ${
        current
          ? nothing
          : html`<button
              type="button"
              class="link grave"
              aria-label="Sign out the browser that signed in ${since}"
              ?disabled=${this.busy}
              @click=${() => void this.#signOut([session])}
            >
              Sign out
            </button>`
      }
    </li>`;
  }

  #link({ url, expiresAt }: OperationOutput<"links.create">): TemplateResult {
    return onceView({
      id: "sign-in-link",
      title: "Open this in the other browser",
      text: url,
      copy: "Copy the link",
      warning: "Whoever opens it first is you. Send it to nobody.",
      says: `It signs in once, until ${momentText(expiresAt, this.now)}.${
        leadsHereAlone(url) ? " It leads to this very machine." : ""
      }`,
      done: () => {
        this.link = null;
        this.focusOn(".make-link");
        void this.load();
      },
    });
  }

  #browsers(sessions: readonly SessionInfo[] | null): TemplateResult {
    if (sessions === null) return html`<p class="quiet">Loading…</p>`;
    const ordered = sessions.toSorted((a, b) =>
      a.current !== b.current ? Number(b.current) - Number(a.current) : a.createdAt < b.createdAt ? 1 : -1,
    );
    const others = ordered.filter(({ current }) => !current);
    return html`<ul class="entries" role="list" aria-label="Browsers">
        ${ordered.map((session) => this.#one(session))}
      </ul>
      <p class="good" role="status">${this.said}</p>
      ${
        this.link === null
          ? html`<div class="choices">
              <button type="button" class="button make-link" ?disabled=${this.busy} @click=${this.#makeLink}>
                ${icon("plus")}Sign in another browser
              </button>
              ${
                others.length === 0
                  ? nothing
                  : html`<button
                      type="button"
                      class="button danger"
                      ?disabled=${this.busy}
                      @click=${() => void this.#signOut(others)}
                    >
                      Sign out all others
                    </button>`
              }
            </div>`
          : this.#link(this.link)
      }`;
  }

  protected override render(): TemplateResult {
    const { now, call, me } = this;
    const reload = (): void => void this.load();
    return this.sheet(
      "sign-ins-title",
      "Sign-ins",
      "sign-ins",
      html`<p>Everything that lets somebody in as you. What you end here is out at once.</p>
        ${problemView(this.problem, "sign-ins-problem")}
        <section aria-labelledby="sign-ins-browsers">
          <h3 id="sign-ins-browsers" tabindex="-1">Browsers</h3>
          ${this.#browsers(this.sessions)}
        </section>
        <section aria-labelledby="sign-ins-devices">
          <h3 id="sign-ins-devices">Devices</h3>
          <device-list .now=${now} .call=${call} .devices=${this.devices} .changed=${reload}></device-list>
        </section>
        <section aria-labelledby="sign-ins-tokens">
          <h3 id="sign-ins-tokens">Tokens</h3>
          <token-list .now=${now} .call=${call} .me=${me} .tokens=${this.tokens} .changed=${reload}></token-list>
        </section> `,
    );
  }
}
customElements.define("sign-ins-dialog", SignInsDialog);
