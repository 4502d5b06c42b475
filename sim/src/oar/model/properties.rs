//! Properties that a site gave its resources. Resources with the same ones share them: a cluster has many
//! resources and few kinds of them. Knows no columns of OAR's own.

use gleaner_oar::value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

/// Properties by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Properties(Arc<[(Cow<'static, str>, Held)]>);

/// What a property holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Held {
    /// This value.
    Value(Value),
    /// The name of the resource's node.
    Node,
    /// The number of the resource.
    Id,
}

impl Properties {
    /// Sets a property.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        self.put(name.into(), Held::Value(value));
    }

    /// Lets a property be the name of the resource's node.
    pub fn set_to_node(&mut self, name: impl Into<Cow<'static, str>>) {
        self.put(name.into(), Held::Node);
    }

    /// Lets a property be the number of the resource.
    pub fn set_to_id(&mut self, name: impl Into<Cow<'static, str>>) {
        self.put(name.into(), Held::Id);
    }

    fn put(&mut self, name: Cow<'static, str>, held: Held) {
        let mut all = self.0.to_vec();
        match all.binary_search_by(|(known, _)| known.cmp(&name)) {
            Ok(at) => all[at].1 = held,
            Err(at) => all.insert(at, (name, held)),
        }
        self.0 = all.into();
    }

    /// Shares what another has, if that is the same.
    pub fn share(&mut self, other: &Self) {
        if self == other {
            self.0 = Arc::clone(&other.0);
        }
    }

    /// Whether there is a property of this very name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + '_ {
        self.0.iter().map(|(name, _)| &**name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Held> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, held)| held)
    }
}

/// A value of a resource, looked at where it stands.
#[derive(Debug, Clone)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    /// Any value but a text.
    Other(Value),
}

impl Cell<'_> {
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Other(value) => value,
        }
    }

    /// [`Value::sort_order`] of both: texts come last.
    pub(super) fn sort_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Text(_), Self::Other(_)) => Ordering::Greater,
            (Self::Other(_), Self::Text(_)) => Ordering::Less,
            (Self::Other(a), Self::Other(b)) => a.sort_order(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oar::model::ids::ResourceId;
    use crate::oar::model::resource::Resource;

    #[test]
    fn equal_properties_are_shared_and_mean_each_resource() {
        let mut properties = Properties::default();
        properties.set_to_id("core");
        properties.set_to_node("host");
        properties.set("mem", Value::Int(4));
        let resource = |id| {
            let mut resource = Resource::new(ResourceId(id), format!("n{id}"));
            resource.properties = properties.clone();
            resource
        };
        let (first, mut second) = (resource(1), resource(2));
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!((first.value("core"), first.value("HOST")), (Some(Value::Int(1)), text("n1")));
        assert_eq!((second.value("core"), second.value("host")), (Some(Value::Int(2)), text("n2")));
        second.properties.set("mem", Value::Int(8));
        assert_eq!(
            (first.value("mem"), second.value("Mem")),
            (Some(Value::Int(4)), Some(Value::Int(8)))
        );
        second.properties.share(&first.properties);
        assert_eq!(second.value("mem"), Some(Value::Int(8)));
        second.properties.set("mem", Value::Int(4));
        second.properties.share(&first.properties);
        assert!(Arc::ptr_eq(&first.properties.0, &second.properties.0));
        let names: Vec<String> = second.site_values().into_keys().collect();
        assert_eq!(names, ["core", "host", "mem"]);
    }

    #[test]
    fn cells_sort_as_their_values() {
        let values = [
            Value::Null,
            Value::Int(-3),
            Value::Int(7),
            Value::Real(6.5),
            Value::Text("7".to_owned()),
            Value::Text("a".to_owned()),
        ];
        fn cell(value: &Value) -> Cell<'_> {
            match value {
                Value::Text(text) => Cell::Text(text),
                other => Cell::Other(other.clone()),
            }
        }
        for (a, b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
            assert_eq!(cell(a).sort_order(&cell(b)), a.sort_order(b));
        }
    }
}
