//! What is said of an unknown value: a map by number, in the payload of its extension. Numbers of later versions are stepped over.

use rmp::{Marker, decode, encode};

use super::msgpack::{broken, marker, read_number, read_string, take, write_number};
use crate::error::ValueError;
use crate::value::{Number, Refinement};

pub(super) fn read_refinement(rest: &mut &[u8]) -> Result<Refinement, ValueError> {
    let mut refinement = Refinement::default();
    let count = decode::read_map_len(rest).map_err(broken)?;
    for _ in 0..count {
        match decode::read_int::<i64, _>(rest).map_err(broken)? {
            1 => refinement.nullable = Some(decode::read_bool(rest).map_err(broken)?),
            2 => refinement.string_prefix = Some(read_string(rest)?),
            3 => refinement.number_min = Some(read_bound(rest)?),
            4 => refinement.number_max = Some(read_bound(rest)?),
            5 => refinement.length_min = Some(decode::read_int(rest).map_err(broken)?),
            6 => refinement.length_max = Some(decode::read_int(rest).map_err(broken)?),
            _ => skip(rest)?,
        }
    }
    Ok(refinement)
}

fn read_bound(rest: &mut &[u8]) -> Result<(Number, bool), ValueError> {
    if decode::read_array_len(rest).map_err(broken)? != 2 {
        return Err(ValueError::new("a bound is a number and a bool"));
    }
    Ok((read_number(rest)?, decode::read_bool(rest).map_err(broken)?))
}

/// Steps over one value of any type: a refinement of a later version.
fn skip(rest: &mut &[u8]) -> Result<(), ValueError> {
    match marker(rest)? {
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
            for _ in 0..decode::read_array_len(rest).map_err(broken)? {
                skip(rest)?;
            }
        }
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
            for _ in 0..decode::read_map_len(rest).map_err(broken)? {
                skip(rest)?;
                skip(rest)?;
            }
        }
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
            let length = decode::read_str_len(rest).map_err(broken)?;
            take(rest, length)?;
        }
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
            let length = decode::read_bin_len(rest).map_err(broken)?;
            take(rest, length)?;
        }
        Marker::Null => decode::read_nil(rest).map_err(broken)?,
        Marker::True | Marker::False => drop(decode::read_bool(rest).map_err(broken)?),
        Marker::FixPos(_)
        | Marker::FixNeg(_)
        | Marker::U8
        | Marker::U16
        | Marker::U32
        | Marker::U64
        | Marker::I8
        | Marker::I16
        | Marker::I32
        | Marker::I64
        | Marker::F32
        | Marker::F64 => drop(read_number(rest)?),
        _ => {
            let meta = decode::read_ext_meta(rest).map_err(broken)?;
            take(rest, meta.size)?;
        }
    }
    Ok(())
}

/// `None` if the refinement says nothing.
pub(super) fn write_refinement(refinement: &Refinement) -> Result<Option<Vec<u8>>, ValueError> {
    let mut entries = Vec::new();
    let mut count = 0;
    let mut key = |entries: &mut Vec<u8>, key: i64| {
        count += 1;
        encode::write_sint(entries, key).map(drop).map_err(broken)
    };
    if let Some(nullable) = refinement.nullable {
        key(&mut entries, 1)?;
        encode::write_bool(&mut entries, nullable).map_err(broken)?;
    }
    if let Some(prefix) = &refinement.string_prefix {
        key(&mut entries, 2)?;
        encode::write_str(&mut entries, prefix).map_err(broken)?;
    }
    for (code, bound) in [(3, &refinement.number_min), (4, &refinement.number_max)] {
        if let Some((number, inclusive)) = bound {
            key(&mut entries, code)?;
            encode::write_array_len(&mut entries, 2).map_err(broken)?;
            write_number(&mut entries, number)?;
            encode::write_bool(&mut entries, *inclusive).map_err(broken)?;
        }
    }
    for (code, bound) in [(5, refinement.length_min), (6, refinement.length_max)] {
        if let Some(length) = bound {
            key(&mut entries, code)?;
            encode::write_uint(&mut entries, length)
                .map(drop)
                .map_err(broken)?;
        }
    }
    if count == 0 {
        return Ok(None);
    }
    let mut payload = Vec::new();
    encode::write_map_len(&mut payload, count).map_err(broken)?;
    payload.extend(entries);
    Ok(Some(payload))
}
