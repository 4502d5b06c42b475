//! An address below the daemon's: a route, and what stands behind the question mark. Knows no prefix of a proxy.

use std::fmt;

use crate::routes::{Method, Param, Route};

impl Route {
    /// Returns its address with a parameter.
    pub fn with(self, param: Param, value: impl ToString) -> Address {
        Address::from(self).with(param, value)
    }
}

/// A route with its parameters, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    route: Route,
    query: String,
}

impl Address {
    /// Adds a parameter.
    #[must_use]
    pub fn with(self, param: Param, value: impl ToString) -> Address {
        let mut query = form_urlencoded::Serializer::new(self.query);
        query.append_pair(param.word(), &value.to_string());
        Address { route: self.route, query: query.finish() }
    }

    /// Returns what is done with it.
    pub fn method(&self) -> Method {
        self.route.method()
    }
}

impl From<Route> for Address {
    fn from(route: Route) -> Address {
        Address { route, query: String::new() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.route)?;
        if self.query.is_empty() { Ok(()) } else { write!(f, "?{}", self.query) }
    }
}
