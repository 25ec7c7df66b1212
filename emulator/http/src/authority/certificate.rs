//! The contents of the certificates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp, tz::Offset};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _, SanType,
    SerialNumber, date_time_ymd,
};
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::emulated::Emulated;
use crate::host::is_within;

/// Days after which a leaf is made anew; it is valid for a year from its day, the longest that some clients accept.
pub(super) const RENEWED_AFTER: i64 = 180;

/// Days for which a leaf is valid, before and after the day on which it is made.
const VALID: (i64, i64) = (30, 365);

/// The authority's own certificate: always the same for one key and one set of hosts, so that it can be compared.
pub(super) fn authority(key: &KeyPair, emulated: &Emulated) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let permitted_subtrees = subtrees(emulated);
    let names = format!("{permitted_subtrees:?}");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees,
        excluded_subtrees: Vec::new(),
    });
    // The name tells installations apart: clients look authorities up by it.
    let public = key.der_bytes();
    let mark = hex::encode(&Sha256::digest(public)[..4]);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "backlot");
    params.distinguished_name.push(
        DnType::CommonName,
        format!("backlot local authority {mark}"),
    );
    params.serial_number = Some(serial(&[public, names.as_bytes()]));
    params
}

/// The certificate of one host, or `None` if the authority does not vouch for it.
pub(super) fn leaf(
    host: &str,
    emulated: &Emulated,
    authority: &KeyPair,
    today: i64,
) -> Result<Option<CertificateParams>, Error> {
    let Some(names) = names(host, emulated)? else {
        return Ok(None);
    };
    let mut params = CertificateParams::default();
    let (year, month, day) = date(today - VALID.0);
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = date(today + VALID.1);
    params.not_after = date_time_ymd(year, month, day);
    params.subject_alt_names = names;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "backlot");
    // All leaves have one key, so the serial must come from the host, or clients take them for one certificate.
    let day = today.to_be_bytes();
    params.serial_number = Some(serial(&[authority.der_bytes(), host.as_bytes(), &day]));
    Ok(Some(params))
}

/// The part of a certificate that its signature covers. Signatures of one text differ each time.
pub(super) fn signed_part(der: &[u8]) -> Option<&[u8]> {
    let inside = contents(der)?.1;
    let (whole, _) = contents(inside)?;
    Some(whole)
}

/// Days since the epoch.
pub(super) fn day(now: Timestamp) -> i64 {
    now.as_second().div_euclid(24 * 60 * 60)
}

/// The first DER element of `der`: all of it, and what is inside.
fn contents(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = *der.get(1)?;
    let (header, length) = if first < 0x80 {
        (2, usize::from(first))
    } else {
        let digits = usize::from(first & 0x7f);
        let bytes = der.get(2..2 + digits).filter(|_| digits <= 4)?;
        let length = bytes
            .iter()
            .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        (2 + digits, length)
    };
    let whole = der.get(..header.checked_add(length)?)?;
    Some((whole, &whole[header..]))
}

fn subtrees(emulated: &Emulated) -> Vec<GeneralSubtree> {
    let loopback = [
        GeneralSubtree::DnsName("localhost".to_owned()),
        GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
        // Written out: a prefix of the full length is not one that the constructor takes.
        GeneralSubtree::IpAddress(CidrSubnet::V6(Ipv6Addr::LOCALHOST.octets(), [0xff; 16])),
    ];
    let names = emulated.names().map(|name| match name.parse() {
        Ok(IpAddr::V4(address)) => {
            GeneralSubtree::IpAddress(CidrSubnet::V4(address.octets(), [0xff; 4]))
        }
        Ok(IpAddr::V6(address)) => {
            GeneralSubtree::IpAddress(CidrSubnet::V6(address.octets(), [0xff; 16]))
        }
        Err(_) => GeneralSubtree::DnsName(name.to_owned()),
    });
    names.chain(loopback).collect()
}

/// The names in the certificate of a host. All names of this machine share one certificate.
fn names(host: &str, emulated: &Emulated) -> Result<Option<Vec<SanType>>, Error> {
    let address: Option<IpAddr> = host.parse().ok();
    let is_loopback = address.is_some_and(|address| address.is_loopback());
    if host == "localhost" || is_loopback {
        let mut names = vec![
            SanType::DnsName("localhost".try_into()?),
            SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
            SanType::IpAddress(Ipv6Addr::LOCALHOST.into()),
        ];
        let own = address.map(SanType::IpAddress);
        names.extend(own.filter(|own| !names.contains(own)));
        return Ok(Some(names));
    }
    if !emulated.names().any(|name| is_within(host, name)) {
        return Ok(None);
    }
    let name = match address {
        Some(address) => SanType::IpAddress(address),
        None => SanType::DnsName(host.try_into()?),
    };
    Ok(Some(vec![name]))
}

/// A positive serial number of at most twenty bytes; equal parts give equal numbers.
fn serial(parts: &[&[u8]]) -> SerialNumber {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = hash.finalize()[..16].to_vec();
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&bytes)
}

/// Year, month and day.
fn date(day: i64) -> (i32, u8, u8) {
    let midnight = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(day * 24);
    let date = Offset::UTC.to_datetime(midnight).date();
    let part = |number: i8| u8::try_from(number).expect("months and days are positive");
    (i32::from(date.year()), part(date.month()), part(date.day()))
}
