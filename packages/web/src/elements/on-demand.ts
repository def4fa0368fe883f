/** What the page can do without until a person asks for it; loaded once the chat works. */
import "./agent-list.ts";
import "./agent-reading.ts";
import "./attachment-list.ts";
import "./contact-list.ts";
import "./data-dialog.ts";
import "./erase-dialog.ts";
import "./grant-editor.ts";
import "./keys-dialog.ts";
import "./message-search.ts";
import "./origin-dialog.ts";
import "./people-dialog.ts";
import "./share-dialog.ts";
import "./sign-ins-dialog.ts";
import "./why-dialog.ts";
import "../styles/keeping.css";
import "../styles/people.css";
import "../styles/search.css";
