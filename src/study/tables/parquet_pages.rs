//! Headers of Parquet pages, looked at before the decoder believes them: it makes room for as many values as a header
//! says, and room that cannot be had ends the program, which no guard keeps from it.

use polars_parquet_format::PageHeader;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;

/// Greatest length of a header.
const MOST_BYTES: usize = 1 << 24;

/// Checks that the pages of a column lie within its bytes and have as many values as it has.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn check_pages(mut bytes: &[u8], values: u64) -> Result<(), String> {
    let mut seen = 0_u64;
    while seen < values {
        let header = PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut bytes, MOST_BYTES))
            .map_err(|error| format!("a page header that cannot be read ({error})"))?;
        let size = |size: i32| usize::try_from(size).map_err(|_| format!("a page of {size} bytes"));
        let (packed, unpacked) = (size(header.compressed_page_size)?, size(header.uncompressed_page_size)?);
        bytes = bytes.get(packed..).ok_or("a page that reaches beyond its column")?;
        let data = header.data_page_header.map(|page| page.num_values);
        let data = data.or(header.data_page_header_v2.map(|page| page.num_values));
        if let Some(count) = data {
            let count = u64::try_from(count).map_err(|_| format!("a page of {count} values"))?;
            seen = seen.saturating_add(count);
        }
        if let Some(dictionary) = header.dictionary_page_header {
            // Each takes a byte at least.
            let count = dictionary.num_values;
            if usize::try_from(count).is_ok_and(|count| count <= unpacked) {
                continue;
            }
            return Err(format!("a dictionary of {count} values in {unpacked} bytes"));
        }
    }
    if seen == values { Ok(()) } else { Err(format!("pages of {seen} values instead of {values}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of a page as Parquet writes it: type, sizes, and the header of its data with the number of values.
    fn page(values: u8) -> Vec<u8> {
        // Compact Thrift: a field is its distance and type, a number is zigzag.
        let header =
            [0x15, 0x00, 0x15, 0x04, 0x15, 0x04, 0x2C, 0x15, values, 0x15, 0x00, 0x15, 0x06, 0x15, 0x06, 0x00, 0x00];
        [&header[..], &[7, 7]].concat()
    }

    #[test]
    fn pages_have_the_values_of_their_column() {
        // Zigzag: 24 is 12, 25 is −13.
        assert_eq!(check_pages(&page(24), 12), Ok(()));
        assert_eq!(check_pages(&[page(24), page(24)].concat(), 24), Ok(()));
        assert!(check_pages(&page(25), 12).unwrap_err().contains("-13 values"));
        assert!(check_pages(&page(26), 12).unwrap_err().contains("13 values"));
        assert!(check_pages(&page(24), 24).is_err());
        let whole = page(24);
        assert_eq!(check_pages(&whole[..whole.len() - 1], 12).unwrap_err(), "a page that reaches beyond its column");
    }
}
