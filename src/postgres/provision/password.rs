//! [`random`] passwords, and the verifiers that a server keeps instead of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postgres_protocol::password::scram_sha_256;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};

use crate::error::{Error, Result};
use crate::postgres::target::Secret;

/// Characters of a password: 62 to the power of 32 are 190 bits.
const LENGTH: usize = 32;
/// What passwords are made of: nothing that a shell, a URL or SQL would read as something else.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A password from the system's source of randomness, each character as likely as any other.
///
/// # Errors
///
/// The system has no randomness.
pub(super) fn random() -> Result<Secret> {
    let source = SystemRandom::new();
    let mut password = String::with_capacity(LENGTH);
    let mut bytes = [0; 64];
    while password.len() < LENGTH {
        source.fill(&mut bytes).map_err(|_| Error::internal("the system gives no random numbers"))?;
        // Six bits of each byte; the two numbers beyond the alphabet are thrown away, not folded back.
        let characters = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 63)));
        password.extend(characters.take(LENGTH - password.len()).map(|byte| char::from(*byte)));
    }
    Ok(Secret::new(password))
}

/// What `ALTER ROLE … PASSWORD` takes, so that the server, and so its log, never hears the password itself.
pub(super) fn verifier(password: &Secret) -> String {
    scram_sha_256(password.reveal().as_bytes())
}

/// Whether a stored verifier is of this password: a server that trusts its clients would not tell.
///
/// RFC 5802: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, StoredKey = H(HMAC(Hi(password), "Client Key")).
pub(super) fn matches(verifier: &str, password: &Secret) -> bool {
    computed(verifier, password).is_some_and(|(stored, expected)| stored == expected)
}

fn computed(verifier: &str, password: &Secret) -> Option<(Vec<u8>, Vec<u8>)> {
    let (turns, keys) = verifier.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
    let (iterations, salt) = turns.split_once(':')?;
    let stored = STANDARD.decode(keys.split_once(':')?.0).ok()?;
    let mut salted = [0; digest::SHA256_OUTPUT_LEN];
    let salt = STANDARD.decode(salt).ok()?;
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        iterations.parse().ok()?,
        &salt,
        password.reveal().as_bytes(),
        &mut salted,
    );
    let client_key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &salted), b"Client Key");
    Some((stored, digest::digest(&digest::SHA256, client_key.as_ref()).as_ref().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_never_the_same() {
        let (one, another) = (random().unwrap(), random().unwrap());
        assert_eq!(one.reveal().len(), 32);
        assert!(one.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(one != another);
    }

    #[test]
    fn every_character_comes_as_often() {
        let mut counts = [0_u32; 62];
        for _ in 0..2_000 {
            for byte in random().unwrap().reveal().bytes() {
                counts[ALPHABET.iter().position(|known| *known == byte).unwrap()] += 1;
            }
        }
        // 64,000 draws: 1,032 each with a deviation of 32; folded remainders would be at 2,000.
        assert!(counts.iter().all(|count| (840..1_225).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_verifier_is_of_its_password_alone() {
        let password = random().unwrap();
        assert!(matches(&verifier(&password), &password));
        assert!(!matches(&verifier(&password), &random().unwrap()));
        for text in ["", "md5abc", "SCRAM-SHA-256$", "SCRAM-SHA-256$0:AA==$AA==:AA=="] {
            assert!(!matches(text, &password), "{text}");
        }
    }
}
