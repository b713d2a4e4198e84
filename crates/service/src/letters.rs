//! What mails say, in English and in Chinese: nobody is asked for a language before they are known.

use tenantry_store::mails::Content;

/// With a link that sets a new password.
pub(crate) fn reset(username: &str, link: &str, minutes: u64) -> Content {
    let subject = "Set a new password / 设置新密码".to_owned();
    let text = format!(
        "Somebody, we hope it was you, asked to set a new password for the user '{username}'.\n\
         This link does it. It is good for {minutes} minutes, and once:\n\n\
         {link}\n\n\
         If it was not you, you need not do anything: your password stays what it is.\n\n\
         ----\n\n\
         有人（希望是您本人）请求为用户“{username}”设置新密码。\n\
         请打开上面的链接进行设置。链接在 {minutes} 分钟内有效，且只能使用一次。\n\
         如果不是您本人的请求，无需任何操作，您的密码不会改变。\n"
    );
    Content { subject, text }
}

/// To somebody whose password is elsewhere.
pub(crate) fn elsewhere(username: &str, origin: &str) -> Content {
    let subject = "Your password is not kept here / 您的密码不在此处保存".to_owned();
    let text = format!(
        "Somebody, we hope it was you, asked to set a new password for the user '{username}'.\n\
         This user comes from '{origin}': the password is changed there, and nothing was changed here.\n\n\
         ----\n\n\
         有人（希望是您本人）请求为用户“{username}”设置新密码。\n\
         该用户来自“{origin}”：请在那里修改密码，此处没有任何更改。\n"
    );
    Content { subject, text }
}
