//! What the session takes of what it may take, a letter to make it grow, and what the same session
//! would take if it were written in another way.

use super::exhibit::Exhibit;
use super::shares::{bars, table};
use crate::Demo;
use crate::html::{plural, text};
use crate::visit::Visit;
use crate::visits::{Writing, write_again};
use sealed_session::{Session, SessionError, Sessions, SizeReport};

pub fn body(demo: &Demo, exhibit: &Exhibit, visit: &Session<Visit>) -> String {
    let letter = visit.read(|visit| text(visit.letter.as_deref().unwrap_or_default()));
    let form = format!(
        r#"<form method="post" action="/letter">
<label>A letter to go with the order <textarea name="text" rows="3" maxlength="9000">{letter}</textarea></label>
<p class="buttons"><button>Save</button> <button formaction="/letter/long">Write Mr Darcy’s letter</button> <button formaction="/letter/too-long">Write more than fits</button></p>
</form>"#
    );
    let Some(session) = exhibit.open(demo.visits.serving()) else {
        return format!(
            r#"<div class="card"><p>This request had no session that this server could open.</p>{form}</div>"#
        );
    };
    let whose = if exhibit.is_example { "The example" } else { "Your session" };
    let report = session.size_report();
    let (bars, table, ways) = (bars(&report, whose), table(&report), ways(demo, exhibit));
    format!(
        r#"<div class="columns sizes">
<div class="card">
{bars}
{form}
</div>
<div class="card">
<h3>Part by part</h3>
{table}
</div>
<div class="card">
<h3>The same session, written in four ways</h3>
{ways}
</div>
</div>"#
    )
}

/// The same session, written in each way.
fn ways(demo: &Demo, exhibit: &Exhibit) -> String {
    let item = |(writing, sessions): (Writing, &Sessions<Visit>)| {
        let (needed, cookies) = match measure(sessions, exhibit) {
            Ok(report) => (report.needed, plural(report.cookies, "cookie")),
            Err(SessionError::TooLarge { needed, .. }) => (needed, String::from("too large")),
            Err(error) => (0, text(error)),
        };
        let allowed = sessions.allowed_bytes();
        let (name, calls) = (writing.name(), calls(writing));
        let choose = if writing == demo.visits.writing() {
            String::from(r#"<span class="chosen">in use</span>"#)
        } else {
            format!(
                r#"<button class="small" name="writing" value="{}" aria-label="Write sessions {}">Use</button>"#,
                writing.word(),
                name.to_lowercase()
            )
        };
        format!(
            r#"<li data-writing="{}"><p><strong>{name}</strong> {calls}</p><p class="numbers">{needed} bytes, {cookies}</p>
<svg class="strip room" viewBox="0 0 {allowed} 1" preserveAspectRatio="none" role="img" aria-label="{needed} of {allowed} bytes"><rect class="used" width="{needed}" height="1"/></svg>{choose}</li>"#,
            writing.word()
        )
    };
    let items: String = demo.visits.all().map(item).collect();
    format!(
        r#"<form method="post" action="/writing"><ul class="ways">{items}</ul></form>
<p>Every server with the feature <code>compression</code> reads all four, so a site can change this at any time. Compression makes text
shorter. Do not use it if one session holds a secret and a stranger’s text: the length can then reveal the secret. Padding hides the exact
length. The whole demo shares this setting, so it changes for every visitor.</p>"#
    )
}

/// The builder's calls.
fn calls(writing: Writing) -> String {
    let compress = if writing.compresses() { "<code>.compress(true)</code>" } else { "" };
    let pad = writing.pads_to().map(|multiple| format!("<code>.pad_to({multiple})</code>"));
    format!("{compress}{}", pad.unwrap_or_default())
}

/// What the session would take if these `Sessions` wrote it.
fn measure(sessions: &Sessions<Visit>, exhibit: &Exhibit) -> Result<SizeReport, SessionError> {
    let session = exhibit.open(sessions).ok_or(SessionError::Unreadable)?;
    write_again(&session)?;
    Ok(session.size_report())
}
