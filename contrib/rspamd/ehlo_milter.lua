-- What ehlo-milter found, as symbols of rspamd; goes to /etc/rspamd/rspamd.local.lua or is read from there:
--   dofile('/etc/rspamd/ehlo_milter.lua')
-- ehlo-milter must stand before rspamd in smtpd_milters.  The header is its own: it removes those that a message
-- brings along.

local symbols = {
  EHLO_MILTER_NO_PTR   = { pattern = '; iprev=no_ptr;',        score = 1.0, text = 'client address has no reverse DNS' },
  EHLO_MILTER_IPREV    = { pattern = '; iprev=fail;',          score = 0.5, text = 'reverse DNS is not confirmed' },
  EHLO_MILTER_SYNTAX   = { pattern = '; ehlo_syntax=softfail;', score = 1.5, text = 'EHLO name in the wrong form' },
  EHLO_MILTER_SPF_HELO = { pattern = '; spf_helo=fail;',       score = 1.0, text = 'SPF fails for the EHLO name' },
  EHLO_MILTER_SPF      = { pattern = '; spf_mail_from=fail;',  score = 0.5, text = 'SPF fails for MAIL FROM' },
}

for name, symbol in pairs(symbols) do
  rspamd_config[name] = {
    callback = function(task)
      local value = task:get_header('X-EHLO-Milter')
      return value ~= nil and value:find(symbol.pattern, 1, true) ~= nil
    end,
    score = symbol.score,
    group = 'ehlo_milter',
    description = symbol.text,
  }
end
