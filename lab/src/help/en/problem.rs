//! What each problem means, and what to do about it.

use url::Url;

use crate::exercise::{Elsewhere, NameForm, NotExercisable, Problem, Untold};
use crate::help::place::{EXERCISE, FILE, Place, Told, first_method, name_of_algorithm, run, say, shortened, write};
use crate::help::{Advice, Words};

pub(super) const NAME_IT: &str = "and name that file (docs/adapters.md has an example of a whole one):";

/// What is probably wrong, and what to do.
#[must_use]
pub fn words(not: &NotExercisable, url: Option<&Url>) -> Words {
    let place = Place { not, url };
    let (means, advice) = match &not.problem {
        Problem::Unreachable(why) => place.unreachable(why),
        Problem::NoAnswer(lost) => (
            format!("The relying party took the connection, and no whole answer came: {lost}."),
            vec![say("Look into its log. If it needs longer, give it more time:"), run(place.exercise("--request-timeout 60s"))],
        ),
        Problem::StoppedAnswering => (
            "The relying party stopped answering: nothing listens there any more. If it ended because of this request, anybody can end it, and that \
             is a grave weakness."
                .to_owned(),
            vec![say("Look into its log, and start it again before the next run:"), run(place.exercise(""))],
        ),
        Problem::NoSuchPath => (
            "There is nothing at this path: the URL or the path in the adapter file is wrong.".to_owned(),
            vec![say(format!("Name the path that the relying party has in {FILE}:")), write(place.section("path = \"/the/right/path\"")), say(NAME_IT), run(place.with_file())],
        ),
        Problem::Html => (
            "The answer is a web page, not JSON. The path is a page's, or what answers is the front end, a log-in page or a gateway.".to_owned(),
            vec![say(format!("Use the URL of the API itself, or name its path in {FILE}:")), write(place.section("path = \"/api/the/right/path\"")), say(NAME_IT), run(place.with_file())],
        ),
        Problem::NotJson { content_type } => (
            match content_type {
                Some(kind) => format!("The answer is not JSON, but {kind}, so that nothing can be read in it."),
                None => "The answer is not JSON, so that nothing can be read in it.".to_owned(),
            },
            vec![say(format!("Name the path of the API in {FILE}:")), write(place.section("path = \"/the/right/path\"")), say(NAME_IT), run(place.with_file())],
        ),
        Problem::Redirect { location, elsewhere } => place.redirect(location.as_deref(), elsewhere),
        Problem::SignInWanted => (
            "Only a signed-in user may register a passkey there, and the adapter signs no user in first.".to_owned(),
            vec![
                say(format!("Say in {FILE} how a user signs up and in, with your server's own requests:")),
                write(
                    "[[registration.before]]\nonce = \"account\"\npath = \"/api/sign-up\"\nbody = { email = \"{username}\", password = \"{password}\" }\n\n\
                     [[registration.before]]\nonce = \"session\"\npath = \"/api/sign-in\"\nbody = { email = \"{username}\", password = \"{password}\" }",
                ),
                say(NAME_IT),
                run(place.with_file()),
                say("If a token or a cookie of a test user is enough, send it from the environment:"),
                write("[headers]\nAuthorization = \"Bearer {env:TOKEN}\""),
            ],
        ),
        Problem::AccountNotConfirmed => (
            "The registration was accepted, and the new account may not sign in: probably it has to be confirmed first, for example by e-mail."
                .to_owned(),
            vec![
                say(format!("Let the test server confirm new accounts by itself, or name a request that makes a confirmed one before each registration, in {FILE}:")),
                write("[hooks.prepare]\npath = \"/test/accounts\"\nbody = { email = \"{username}\" }"),
                say(NAME_IT),
                run(place.with_file()),
            ],
        ),
        Problem::HttpCredentialsWanted => (
            "The server, or a gateway before it, wants credentials of HTTP.".to_owned(),
            vec![
                say(format!("Send them from the environment, in {FILE}:")),
                write("[headers]\nAuthorization = \"{env:AUTHORIZATION}\""),
                say(NAME_IT),
                write(format!("AUTHORIZATION=\"Basic $(printf user:password | base64)\" \\\n  {}", place.with_file())),
            ],
        ),
        Problem::CsrfTokenWanted => (
            "The request is forbidden. Probably it has to carry a CSRF token, and the adapter fetches none.".to_owned(),
            vec![
                say(format!("Say where the token comes from and where it goes, in {FILE}:")),
                write("[csrf]\npath = \"/api/csrf\"\nfrom = { pointer = \"/token\" }\nsend = { header = \"X-CSRF-Token\" }"),
                say(NAME_IT),
                run(place.with_file()),
            ],
        ),
        Problem::MethodNotAllowed { allow } => (
            match allow {
                Some(allow) => format!("The path is there, for other methods: {allow}."),
                None => "The path is there, for another method.".to_owned(),
            },
            vec![say(format!("Name the method in {FILE}:")), write(place.section(&format!("method = \"{}\"", first_method(allow.as_deref())))), say(NAME_IT), run(place.with_file())],
        ),
        Problem::UnsupportedMediaType => (
            "The relying party does not take JSON at this path, and the adapter sends JSON.".to_owned(),
            vec![say(format!("If JSON has another media type there, name it in {FILE}:")), write(place.section("headers = { Content-Type = \"application/vnd.api+json\" }")), say(NAME_IT), run(place.with_file())],
        ),
        Problem::RateLimited { retry_after } => (
            match retry_after {
                Some(time) => format!("The relying party limits the rate of requests, and asks to wait {} s.", time.as_secs()),
                None => "The relying party limits the rate of requests.".to_owned(),
            },
            vec![say("Wait, and ask more slowly:"), run(place.exercise("--pace 2s")), say("or lift the limit on the server that is tested.")],
        ),
        Problem::ServerError { status } => (
            format!("The relying party failed with {status} at a clean request. That is an error of its own."),
            vec![say("Look into its log. The request above shows it again.")],
        ),
        Problem::PointerFindsNothing { unread, there } => {
            let mut advice = vec![say(unread.advice())];
            let name = unread.place.trim_matches('"').rsplit('/').next().filter(|name| !name.is_empty());
            if let Some(same) = there.iter().find(|pointer| pointer.rsplit('/').next() == name) {
                advice.push(say(format!("It has a member of this name at {same}.")));
            }
            let options = there.iter().find_map(|pointer| pointer.strip_suffix("/challenge"));
            if let Some(options) = options.filter(|_| unread.field == "options") {
                advice.push(say("Options have a challenge. Here it stands in these:"));
                advice.push(write(format!("options = \"{options}\"")));
            }
            match there.is_empty() {
                true => advice.push(say("The answer has no members.")),
                false => advice.extend([say("The answer has:"), write(there.join("\n"))]),
            }
            advice.extend([say(format!("Correct it in {FILE}, and name that file:")), run(place.with_file())]);
            (format!("The adapter looks in the wrong place: {unread}."), advice)
        }
        Problem::RefusalNotTold(untold) => place.not_told(untold),
        Problem::SessionNotTold(untold) => (
            match untold.signed_in {
                true => "By [session] of the adapter file a new session is signed in before anybody has signed in.".to_owned(),
                false => "By [session] of the adapter file nobody is signed in after a sign-in that was accepted, though its answer is another than before.".to_owned(),
            },
            vec![
                say("The answer before the sign-in:"),
                write(shortened(&untold.before)),
                say("and after it:"),
                write(shortened(&untold.after)),
                say(format!("Let [session] in {FILE} look at what differs, for example:")),
                write("[session]\npath = \"/api/me\"\npointer = \"/user\""),
                say(NAME_IT),
                run(place.with_file()),
            ],
        ),
        Problem::OtherEncoding { encoding } => (
            format!(
                "The relying party writes what is binary in its options as {}, and a client reads base64url (WebAuthn-3 §5.1.8).",
                encoding.name()
            ),
            vec![
                say(format!("If your pages convert it, as they may, say so in {FILE}; `credential` is how they send the answer back:")),
                write(format!("[encoding]\noptions = \"{0}\"\ncredential = \"{0}\"", encoding.name())),
                say(NAME_IT),
                run(place.with_file()),
            ],
        ),
        Problem::HookFailed { section } => (
            format!("The request of [{section}], which makes the account ready, was not answered as the adapter file says."),
            vec![say(format!(
                "Correct `method`, `path` and `body` of [{section}]; or say with `accepted` what its answer has when all is well, such as \
                 accepted = {{ location = \"/account*\" }} for a redirect; or leave it out."
            ))],
        ),
        Problem::AddressForName { origin, rp_id } => (
            format!("The origin {origin} is an IP address. A browser gives passkeys only to a domain name or to localhost (WebAuthn-3 §5.1.3)."),
            place.by_name(rp_id.as_deref()),
        ),
        Problem::InsecureOrigin { origin, rp_id } => (
            format!("The origin {origin} is no secure context. A browser gives passkeys only to https and to localhost (WebAuthn-3 §5.1.3)."),
            place.by_name(rp_id.as_deref()),
        ),
        Problem::RpIdUnlikeOrigin { origin, rp_id } => place.rp_id_unlike_origin(origin, rp_id.as_deref()),
        Problem::UnusableOptions { exception } => (
            format!("No client takes these options: {exception}"),
            vec![say("Correct the options of the relying party, or the pointer `options` in the adapter file, so that it leads to them.")],
        ),
        Problem::NoCredential => (
            "The options of the authentication name none of the credentials that the device has. The relying party did not store the one that it \
             accepted, it stored it in another form, or it named another RP ID than at the registration."
                .to_owned(),
            vec![say("Compare the ids in `allowCredentials` with the id that was registered. Both are base64url.")],
        ),
        Problem::AlgorithmNotOffered { offered, profiles } => place.algorithm_not_offered(offered, profiles),
        Problem::DeviceLacks { lacks, all_tried } => (
            format!("The options ask for what the device can't do: {lacks}."),
            match all_tried {
                true => vec![say("Other devices can't either. `faultkey profiles` lists all; name one that fits:"), run(place.exercise("--profile NAME"))],
                false => vec![say("Leave --profile out, so that a device that fits is looked for:"), run(place.exercise(""))],
            },
        ),
        Problem::OriginUnlike { claimed, accepted } => (
            format!("The relying party expects another origin: it refuses {claimed}, and accepts {accepted}."),
            place.origin(accepted),
        ),
        Problem::AccountNameRefused { refused, form } => place.name(refused, *form),
        Problem::AccountExists { account } => (
            format!("There is an account `{account}` already, from an earlier run."),
            vec![say("Leave --accounts out, so that every run has names of its own, or give another text:"), run(place.exercise("--accounts another"))],
        ),
        Problem::AttestationNotTrusted { format, accepted } => place.not_trusted(format.as_deref(), *accepted),
        Problem::AttestationWanted { accepted } => (
            "The relying party accepts only devices that attest what they are.".to_owned(),
            vec![
                say("Use a device that does:"),
                run(place.exercise(&format!("--profile {accepted}"))),
                say(format!("If the caller names the conveyance, let {FILE} ask for it:")),
                write("[registration.options.body]\nattestation = \"direct\""),
            ],
        ),
        Problem::AlgorithmRefused { refused, accepted, profile } => place.algorithm_refused(*refused, *accepted, *profile),
        Problem::Refused { status } => (
            match not.tried.is_empty() {
                true => format!("The relying party refused a clean request with {status}."),
                false => format!("The relying party refused a clean request with {status}, and each of the other attempts, too."),
            },
            vec![
                say(format!("Its answer and its log say more. Where the adapter leaves something out, add it in {FILE}:")),
                write(place.section(place.body())),
                say(NAME_IT),
                run(place.with_file()),
            ],
        ),
    };
    Words { means, advice }
}

impl Place<'_> {
    fn not_told(&self, untold: &Untold) -> Told {
        let Untold { pointer, accepted, refused, at_registration } = untold;
        let rule = format!("accepted = {{ pointer = \"{pointer}\", equals = {accepted} }}");
        let sections = match at_registration {
            true => format!("[registration.verify]\n{rule}\n[authentication.verify]\n{rule}"),
            false => format!("[authentication.verify]\n{rule}"),
        };
        let found = match refused {
            Some(refused) => format!("the answer to a broken signature has {refused} there"),
            None => "the answer to a broken signature has nothing there".to_owned(),
        };
        (
            format!(
                "The adapter file does not tell a refusal from an acceptance: the request above has a broken signature on purpose, and by the file's \
                 rule its answer is an acceptance. An accepted sign-in has {accepted} at {pointer}; {found}."
            ),
            vec![say(format!("Say in {FILE} what an accepted answer has:")), write(sections), say(NAME_IT), run(self.with_file())],
        )
    }

    pub(super) fn origin(&self, origin: &str) -> Vec<Advice> {
        vec![
            say(format!("Write the origin that its pages have at the top of {FILE}:")),
            write(format!("origin = \"{origin}\"")),
            say(NAME_IT),
            run(self.with_file()),
        ]
    }

    fn redirect(&self, location: Option<&str>, elsewhere: &Elsewhere) -> Told {
        let to = location.unwrap_or("another place");
        match elsewhere {
            Elsewhere::Origin(rp) => {
                (format!("The server sends the caller on to {to}."), vec![say("Use that server:"), run(format!("{EXERCISE} {rp}"))])
            }
            Elsewhere::Path => (
                format!(
                    "The server sends the caller on to {to}. If that is a log-in page, only a signed-in user may ask; otherwise the path has another \
                     form, for example with a slash at its end."
                ),
                vec![
                    say(format!("Name the right path in {FILE}:")),
                    write(self.section(&format!("path = \"{to}\""))),
                    say(NAME_IT),
                    run(self.with_file()),
                    say("If the redirect itself says yes, or leads to the answer, say so there:"),
                    write(self.section(&format!(
                        "accepted = {{ location = \"{to}\" }}   # it says yes\nfollow = true   # it leads to the answer"
                    ))),
                    say("Or send the token of a test user:"),
                    write("[headers]\nAuthorization = \"Bearer {env:TOKEN}\""),
                ],
            ),
            Elsewhere::Other => (
                format!("The server sends the caller on to {to}, which is no answer. A gateway that wants a log-in does so."),
                vec![
                    say("Use the URL of the API itself, or send the gateway's token:"),
                    write("[headers]\nAuthorization = \"Bearer {env:TOKEN}\""),
                ],
            ),
        }
    }

    /// The relying party by a name that may have passkeys.
    fn by_name(&self, rp_id: Option<&str>) -> Vec<Advice> {
        let mut advice = vec![say("Use the name of the server. For one on this machine:"), run(format!("{EXERCISE} {}", self.localhost()))];
        if let Some(rp_id) = rp_id.filter(|rp_id| *rp_id != "localhost") {
            advice.push(say("Or keep the URL."));
            advice.extend(self.origin(&format!("https://{rp_id}")));
        }
        advice
    }

    fn algorithm_not_offered(&self, offered: &[i64], profiles: &[&str]) -> Told {
        let offered: Vec<String> = offered.iter().map(|algorithm| name_of_algorithm(*algorithm)).collect();
        let (offered, profile) = (offered.join(", "), &self.not.profile);
        let advice = match profiles.first() {
            Some(first) => {
                vec![
                    say(format!("These devices have one of them: {}.", profiles.join(", "))),
                    run(self.exercise(&format!("--profile {first}"))),
                ]
            }
            None => vec![say("No device has one of them. Offer ES256 (-7) and RS256 (-257) in `pubKeyCredParams` (WebAuthn-3 §5.4).")],
        };
        (format!("The relying party offers only the algorithms {offered}, and the device `{profile}` has none of them."), advice)
    }

    fn algorithm_refused(&self, refused: Option<i64>, accepted: i64, profile: Option<&str>) -> Told {
        let accepted = name_of_algorithm(accepted);
        let means = match refused.map(name_of_algorithm) {
            Some(refused) => format!("The relying party offers {refused} and refuses it; it accepts {accepted}."),
            None => format!("The relying party accepts {accepted}, and not the algorithm that the device took."),
        };
        let mut advice = vec![say("Take out of `pubKeyCredParams` what is not accepted, or accept it.")];
        if let Some(profile) = profile {
            advice.extend([say("Or use a device that takes the other:"), run(self.exercise(&format!("--profile {profile}")))]);
        }
        (means, advice)
    }

    fn name(&self, refused: &str, form: NameForm) -> Told {
        match form {
            NameForm::Short => (
                format!("The relying party refuses the account name `{refused}`, and takes a short one of letters and digits."),
                vec![
                    say(format!("faultkey's names have up to 60 letters, digits and `-`. Make shorter ones, in {FILE}:")),
                    write("[account]\nname = \"fk{n}\""),
                    say(NAME_IT),
                    run(self.with_file()),
                ],
            ),
            NameForm::Email => (
                format!("The relying party refuses the account name `{refused}`, and takes an e-mail address."),
                vec![
                    say(format!("Make addresses, in {FILE}:")),
                    write("[account]\nname = \"{n}@example.com\""),
                    say(NAME_IT),
                    run(self.with_file()),
                ],
            ),
        }
    }

    fn not_trusted(&self, format: Option<&str>, accepted: Option<&str>) -> Told {
        let means = match (format, accepted) {
            (Some(format), Some(_)) => {
                format!("The relying party does not trust the device's attestation (`{format}`), and accepts a device without one.")
            }
            (Some("none"), None) => {
                "The relying party asks for attestation. It refuses a device that gives none, and one whose root or AAGUID it does \
                 not know."
                    .to_owned()
            }
            (Some(format), None) => format!(
                "The relying party asks for attestation and refuses the device's (`{format}`): it does not trust faultkey's roots, or does not know \
                 the AAGUID."
            ),
            (None, _) => "The relying party does not trust the device's attestation, or does not know its AAGUID.".to_owned(),
        };
        let mut advice = vec![
            say("Let the relying party trust faultkey's roots, or its metadata. They are printed by:"),
            run("faultkey attestation roots\nfaultkey attestation mds"),
        ];
        match accepted {
            Some(profile) => {
                advice.extend([say("Or use a device that does not attest:"), run(self.exercise(&format!("--profile {profile}")))])
            }
            None => advice.extend([say("With them, use a device that attests:"), run(self.exercise("--profile yubikey-5"))]),
        }
        (means, advice)
    }
}
