//! The identity of a sequence of documents.

use sha2::{Digest, Sha256};

use crate::document::Document;

/// SHA-256 over documents: of each its identifier, text and metadata, every part after its length in bytes (64 bits,
/// little endian), a metadata value after a byte that says whether there is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct DocumentDigest(Sha256);

impl DocumentDigest {
    pub fn add(&mut self, document: &Document) {
        self.part(&document.id);
        self.part(&document.text);
        self.0.update((document.metadata.len() as u64).to_le_bytes());
        for value in &document.metadata {
            self.0.update([u8::from(value.is_some())]);
            if let Some(value) = value {
                self.part(value);
            }
        }
    }

    /// The digest in hexadecimal.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn part(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_bytes_it_says() {
        let mut digest = DocumentDigest::default();
        let metadata = vec![None, Some("u".to_string())];
        digest.add(&Document { id: "a1".into(), text: "é\n".into(), metadata });
        // python3 -c 'import hashlib,struct as s; p=lambda b: s.pack("<Q",len(b))+b; print(hashlib.sha256(
        //   p(b"a1")+p("é\n".encode())+s.pack("<Q",2)+b"\0"+b"\1"+p(b"u")).hexdigest())'
        assert_eq!(digest.finish(), "0496a36f88b9fc2457835af1efa1dcbfd5940d220fa4c798afd0425a6d3d9b61");
    }
}
