//! Kubernetes quantities, read and written.

/// Millicores, as `1500m` or `2`: the form that the API server itself writes.
pub(crate) fn cpu(millicores: i64) -> String {
    if millicores % 1000 == 0 { (millicores / 1000).to_string() } else { format!("{millicores}m") }
}

/// MiB, as `512Mi` or `2Gi`: the form that the API server itself writes.
pub(crate) fn mib(mib: i64) -> String {
    if mib == 0 {
        "0".to_owned()
    } else if mib % 1024 == 0 && (mib / 1024) % 1024 == 0 {
        format!("{}Ti", mib / 1024 / 1024)
    } else if mib % 1024 == 0 {
        format!("{}Gi", mib / 1024)
    } else {
        format!("{mib}Mi")
    }
}

/// Reads a quantity, in thousandths of its unit.
pub(crate) fn milli(text: &str) -> Option<i128> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: i128 = whole.parse().ok()?;
    let thousandths: i128 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let value = whole * 1000 + thousandths;
    Some(match suffix {
        "" => value,
        "m" => value / 1000,
        "k" => value * 1000,
        "M" => value * 1_000_000,
        "G" => value * 1_000_000_000,
        "T" => value * 1_000_000_000_000,
        "Ki" => value << 10,
        "Mi" => value << 20,
        "Gi" => value << 30,
        "Ti" => value << 40,
        _ => return None,
    })
}

/// Reads a quantity of processor time, in millicores.
pub(crate) fn read_cpu(text: &str) -> i64 {
    milli(text).and_then(|v| i64::try_from(v).ok()).unwrap_or(0)
}

/// Reads a quantity of bytes, in MiB, rounded up.
pub(crate) fn read_mib(text: &str) -> i64 {
    milli(text).and_then(|v| i64::try_from((v / 1000 + (1 << 20) - 1) >> 20).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_they_are_written() {
        for m in [0, 1, 100, 1000, 1500, 64_000] {
            assert_eq!(read_cpu(&cpu(m)), m);
        }
        for m in [0, 1, 512, 1024, 1536, 1 << 20, 3 << 30] {
            assert_eq!(read_mib(&mib(m)), m);
        }
        assert_eq!((read_cpu("0.5"), read_mib("1G"), read_mib("1Ki")), (500, 954, 1));
        assert_eq!(milli("nonsense"), None);
    }
}
