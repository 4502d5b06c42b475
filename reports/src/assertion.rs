//! stub
#![allow(missing_docs)]
#[derive(Debug)] pub struct Assertion; #[derive(Debug,thiserror::Error)] #[error("x")] pub struct AssertionError; #[derive(Debug)] pub struct Verdict{pub holds:bool}
impl std::str::FromStr for Assertion{type Err=AssertionError; fn from_str(_:&str)->Result<Self,AssertionError>{Ok(Assertion)}}
impl Assertion{pub fn evaluate(&self,_:&serde_json::Value)->Result<Verdict,AssertionError>{Ok(Verdict{holds:true})}}
impl AssertionError{pub fn hint(&self)->Option<String>{None}}
impl std::fmt::Display for Verdict{fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{f.write_str("")}}
impl std::fmt::Display for Assertion{fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{f.write_str("")}}
