//! What a model is called when the result file does not say it plainly.

/// A model together with its revision: `organisation/name@revision`; the default branch `main` is not written.
///
/// Checkpoints of one training run share a name and differ by revision alone, so without it they would be one model.
pub(super) fn with_revision(model: &str, revision: Option<&str>) -> String {
    match revision.map(str::trim) {
        Some(revision) if !matches!(revision, "" | "main") && !model.ends_with(&format!("@{revision}")) => {
            format!("{model}@{revision}")
        }
        _ => model.to_string(),
    }
}

/// The model that a results folder is named after.
///
/// Tools write `/` as `__`: a name with exactly one `__` inside gets it back, any other name stays as it is.
pub(super) fn from_folder(folder: &str) -> String {
    match folder.split_once("__") {
        Some((organisation, name)) if !organisation.is_empty() && !name.is_empty() && !name.contains("__") => {
            format!("{organisation}/{name}")
        }
        _ => folder.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_tell_checkpoints_apart() {
        assert_eq!(with_revision("a/b", None), "a/b");
        assert_eq!(with_revision("a/b", Some("main")), "a/b");
        assert_eq!(with_revision("a/b", Some("step10")), "a/b@step10");
        assert_eq!(with_revision("a/b@step10", Some("step10")), "a/b@step10");
    }

    #[test]
    fn folders_name_models() {
        for (folder, model) in [("a__b-1", "a/b-1"), ("a__b__c", "a__b__c"), ("plain", "plain"), ("__b", "__b")] {
            assert_eq!(from_folder(folder), model);
        }
    }
}
