//! The policies that can be asked for by name. Knows none itself: whoever starts a program registers them,
//! ours (see [`crate::policy::injection::standard`]) and others.

use crate::policy::ClusterPolicy;
use crate::policy::entry::Entry;
use crate::policy::error::PolicyError;
use crate::policy::given::GivenPolicy;
use crate::policy::parameters::PolicyParameters;
use crate::policy::reason::{CODES_OF_THE_CORE, Wording};
use crate::policy::spec::PolicySpec;
use crate::suggest::Suggestion;

/// A list of policies.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    /// Adds a policy; one of the same name is replaced.
    pub fn register(&mut self, entry: Entry) {
        self.entries.retain(|known| known.name != entry.name);
        self.entries.push(entry);
    }

    /// Returns the policies in the order of their registration.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Makes a policy for one cluster, those that it is made of first.
    ///
    /// # Errors
    /// [`PolicyError`] when the name or a key is unknown, a value is not what its key takes, policies are
    /// given to one that takes none, or a code of its reasons is one of the core's.
    pub fn build(&self, spec: &PolicySpec) -> Result<Box<dyn ClusterPolicy>, PolicyError> {
        let name = || Box::from(spec.name());
        let Some(entry) = self.entries.iter().find(|entry| *entry.name == *spec.name()) else {
            let names = self.entries.iter().map(|entry| &*entry.name);
            let suggestion = Suggestion::new(spec.name(), names);
            return Err(PolicyError::UnknownName { name: name(), suggestion });
        };
        for (key, _) in spec.parameters() {
            if !entry.keys.iter().any(|known| *known.name == *key) {
                let keys = entry.keys.iter().map(|known| &*known.name);
                let suggestion = Suggestion::new(key, keys);
                return Err(PolicyError::UnknownKey {
                    policy: name(),
                    key: key.into(),
                    suggestion,
                });
            }
        }
        match (entry.combines, spec.operands()) {
            (true, []) => return Err(PolicyError::NothingToCombine { policy: name() }),
            (false, [_, ..]) => return Err(PolicyError::CombinesNothing { policy: name() }),
            (true, [_, ..]) | (false, []) => {}
        }
        let operands = spec.operands().iter().map(|operand| self.build(operand));
        let operands = operands.collect::<Result<Vec<_>, _>>()?;
        let policy = entry.build(&PolicyParameters::new(spec), operands)?;
        let codes = policy.wordings();
        match codes.iter().find(|wording| CODES_OF_THE_CORE.contains(&&*wording.code)) {
            Some(Wording { code, .. }) => {
                Err(PolicyError::CodeOfTheCore { policy: name(), code: code.as_ref().into() })
            }
            None => Ok(policy),
        }
    }

    /// Returns the policy that a text asks for, checked by making it once.
    ///
    /// # Errors
    /// [`PolicyError`] as [`Catalogue::build`], and when the text is not of the form.
    pub fn check(&self, text: &str) -> Result<PolicySpec, PolicyError> {
        let spec: PolicySpec = text.parse()?;
        self.build(&spec).map(|_| spec)
    }

    /// Returns the policy that a file asks for, checked by making it once.
    ///
    /// # Errors
    /// [`PolicyError`] as [`Catalogue::check`].
    pub fn check_given(&self, given: &GivenPolicy) -> Result<PolicySpec, PolicyError> {
        let spec = given.spec()?;
        self.build(&spec).map(|_| spec)
    }
}
