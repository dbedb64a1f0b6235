//! Gzip data of any number of members.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Unpacks members one after the other. Zeros after the last, to which tapes and block devices fill up, are passed over, as
/// `gzip` does.
pub(crate) struct GzipMembers<R> {
    /// `None` after the last.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    pub fn new(packed: R) -> Self {
        Self { member: Some(GzDecoder::new(packed)) }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            let Some(mut packed) = self.member.take().map(GzDecoder::into_inner) else { break };
            let padded = pass_zeros(&mut packed)?;
            match packed.fill_buf()? {
                [] => break,
                _ if padded => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "other data follow zeros after a member"));
                }
                _ => self.member = Some(GzDecoder::new(packed)),
            }
        }
        Ok(0)
    }
}

/// Takes zeros; whether there were any.
fn pass_zeros(packed: &mut impl BufRead) -> io::Result<bool> {
    let mut any = false;
    loop {
        let buffer = packed.fill_buf()?;
        let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
        if zeros == 0 {
            return Ok(any);
        }
        any = true;
        packed.consume(zeros);
    }
}
