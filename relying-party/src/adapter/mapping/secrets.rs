//! What an adapter file says of secrets: values from the environment, and captured values that go out as credentials.

use std::collections::BTreeSet;
use std::convert::Infallible;

use faultkey_transport::Secrets;

use super::file::File;
use super::section::{Content, Headers, OptionsPlace};
use crate::adapter::template::{Placeholder, Template};

/// Headers whose values are secret.
pub(in crate::adapter) const CREDENTIALS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

impl File {
    /// Every value from the environment. Captured values that go out as credentials are marked.
    pub(super) fn secrets(&mut self) -> Secrets {
        let (secrets, mut credentials) = (Secrets::default(), BTreeSet::new());
        let look = |template: &Template| {
            template.each(&mut |placeholder| {
                if let Placeholder::Environment(secret) = placeholder {
                    secrets.variable(&secret.variable, &secret.value);
                }
            });
        };
        let mut in_headers = |headers: &Headers| {
            for (name, value) in &headers.0 {
                look(value);
                if CREDENTIALS.contains(&name.0.as_str()) {
                    value.each(&mut |placeholder| {
                        if let Placeholder::Captured(name) = placeholder {
                            credentials.insert(name.clone());
                        }
                    });
                }
            }
        };
        in_headers(&self.headers);
        let account = &self.account;
        let options = [&self.registration.options.options, &self.authentication.options.options];
        let made = options.into_iter().filter_map(|place| match place {
            OptionsPlace::Made(template) => Some(template),
            OptionsPlace::At(_) => None,
        });
        let csrf = self.csrf.iter().map(|csrf| &csrf.path.0);
        made.chain(csrf).chain(&account.name).chain(&account.password).for_each(look);
        self.every_request(&mut |request| {
            in_headers(&request.headers);
            look(&request.path.0);
            match &request.content {
                None => {}
                Some(Content::Json(template)) => look(template),
                Some(Content::Form(fields) | Content::Multipart(fields)) => fields.0.iter().for_each(|(_, value)| look(value)),
            }
        });
        self.every_request(&mut |request| {
            for (name, source) in &mut request.captures {
                source.credential = credentials.contains(name);
            }
        });
        secrets
    }

    fn every_request(&mut self, visit: &mut dyn FnMut(&mut super::section::Request)) {
        let visited: Result<(), Infallible> = self.each_request(&mut |_, _, request| {
            visit(request);
            Ok(())
        });
        let Ok(()) = visited;
    }
}
